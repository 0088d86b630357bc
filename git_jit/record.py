"""Frozen, slotted values: what `@dataclass(frozen=True, slots=True)` gives, without its price at start-up.

`dataclasses` imports `inspect` (10 ms) and compiles six functions for each class (0.35 ms); a short command
meets forty such classes and would spend more time on making them than on its work. Here nothing is compiled:
the methods are shared closures over the names of the fields. Making a value costs about the same as with a
frozen dataclass. Type checkers see a dataclass (`typing.dataclass_transform`), so every use is checked as one.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeVar, cast, dataclass_transform, overload

T = TypeVar("T")

_FIELDS: Final = "__match_args__"
"""Where a record keeps the names of its fields, in order: the place `match` looks for them anyway."""


class FrozenError(AttributeError):
    """A record was changed in place."""


class _Field:
    """A default that is made anew for each value; `compare` False keeps the field out of `==`, `hash` and `repr`."""

    __slots__ = ("compare", "make")

    def __init__(self, make: Callable[[], object], *, compare: bool) -> None:
        self.make = make
        self.compare = compare


def field(*, default_factory: Callable[[], T], compare: bool = True) -> T:
    """A field whose default is made by a call, such as an empty dict.

    With `compare` False it is a remark about the value and no part of it: `==`, `hash` and `repr` pass it over.
    """
    return cast("T", _Field(default_factory, compare=compare))


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, kw_only: bool = False, order: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(
    cls: type[T] | None = None, /, *, kw_only: bool = False, order: bool = False
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class with annotated fields a frozen, slotted value with `__init__`, `==`, `hash` and `repr`.

    With `kw_only` the fields must be named when a value is made; with `order` values compare like tuples.
    A record has no base class and no field without an annotation.

    >>> @record
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> replace(Point(1), y=2)
    Point(x=1, y=2)
    """
    if cls is None:
        return lambda found: _build(found, kw_only=kw_only, order=order)
    return _build(cls, kw_only=kw_only, order=order)


def replace(value: T, /, **changes: object) -> T:
    """A copy of a record with some fields changed. Raises `TypeError` for a field it does not have."""
    present: dict[str, object] = {name: getattr(value, name) for name in fields(value)}
    return type(value)(**(present | changes))


def fields(value: object) -> tuple[str, ...]:
    """The names of a record's fields, in order."""
    names: tuple[str, ...] = getattr(value, _FIELDS)
    return names


def _build(cls: type[T], *, kw_only: bool, order: bool) -> type[T]:
    names = tuple(name for name, kind in cls.__annotations__.items() if not _is_class_variable(kind))
    body: dict[str, Any] = {k: v for k, v in vars(cls).items() if k not in {"__dict__", "__weakref__"}}
    defaults = {name: body.pop(name) for name in names if name in body}
    body |= {"__slots__": names, _FIELDS: names, "__qualname__": cls.__qualname__}
    remarks = {name for name, default in defaults.items() if type(default) is _Field and not default.compare}
    parts = tuple(name for name in names if name not in remarks)
    body |= {name: method for name, method in _methods(names, parts, order=order).items() if name not in body}
    made = cast("type[T]", type(cls.__name__, cls.__bases__, body))
    made.__init__ = _initialiser(made, names, defaults, kw_only=kw_only)  # type: ignore[method-assign]
    return made


def _is_class_variable(annotation: object) -> bool:
    return annotation is ClassVar or getattr(annotation, "__origin__", None) is ClassVar


def _initialiser(
    cls: type, names: tuple[str, ...], defaults: dict[str, object], *, kw_only: bool
) -> Callable[..., None]:
    # A slot's own setter is the one way past __setattr__, and the fastest.
    slots = tuple((name, vars(cls)[name].__set__) for name in names)
    positional = () if kw_only else names

    def __init__(self: object, *args: object, **given: object) -> None:  # noqa: N807
        if args:
            _name(cls, positional, args, given)
        if len(given) < len(slots):
            for name, default in defaults.items():
                if name not in given:
                    given[name] = default.make() if type(default) is _Field else default
        try:
            for name, put in slots:
                put(self, given[name])
        except KeyError:
            raise TypeError(f"{cls.__name__} needs '{name}'") from None
        if len(given) != len(slots):
            raise TypeError(f"{cls.__name__} has no {', '.join(repr(n) for n in given if n not in names)}")

    return __init__


def _name(cls: type, names: tuple[str, ...], args: tuple[object, ...], given: dict[str, object]) -> None:
    """Add the arguments without a name to those with one."""
    if len(args) > len(names):
        raise TypeError(f"{cls.__name__} takes {len(names)} positional arguments, not {len(args)}")
    for name, value in zip(names, args, strict=False):
        if given.setdefault(name, value) is not value:
            raise TypeError(f"{cls.__name__} got '{name}' twice")


def _methods(names: tuple[str, ...], parts: tuple[str, ...], *, order: bool) -> dict[str, Any]:
    values = _reader(parts)

    def equal(self: object, other: object) -> bool:
        return bool(values(self) == values(other)) if type(other) is type(self) else NotImplemented

    def less(self: object, other: object) -> bool:
        return bool(values(self) < values(other)) if type(other) is type(self) else NotImplemented

    def less_or_equal(self: object, other: object) -> bool:
        return bool(values(self) <= values(other)) if type(other) is type(self) else NotImplemented

    def hashed(self: object) -> int:
        return hash((type(self), values(self)))

    def shown(self: object) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in parts)
        return f"{type(self).__qualname__.rpartition('.')[2]}({inside})"

    def frozen(self: object, name: str, *_: object) -> None:
        raise FrozenError(f"{type(self).__name__} is frozen; make another with replace(…, {name}=…)")

    def reduced(self: object) -> tuple[object, ...]:
        return (_remake, (type(self), {name: getattr(self, name) for name in names}))

    methods: dict[str, Any] = {
        "__eq__": equal,
        "__hash__": hashed,
        "__repr__": shown,
        "__setattr__": frozen,
        "__delattr__": frozen,
        "__reduce__": reduced,
    }
    # Without __gt__ and __ge__ Python asks the other side, which has __lt__ and __le__.
    return methods | ({"__lt__": less, "__le__": less_or_equal} if order else {})


def _reader(names: tuple[str, ...]) -> Callable[[object], Any]:
    if not names:
        return lambda _: ()
    return attrgetter(*names)


def _remake(cls: type[T], values: dict[str, object]) -> T:
    return cls(**values)


def items(value: object) -> Iterator[tuple[str, object]]:
    """The fields of a record with their values."""
    return ((name, getattr(value, name)) for name in fields(value))
