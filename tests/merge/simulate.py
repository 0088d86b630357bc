"""The long run: `python -m tests.merge.simulate --steps 1000000 --seed 1`, or `--examples 100000` for the properties.

A world is a few clones that write at random, are cut off from each other, meet in pairs, with clocks up to ten years
off. At its end everybody meets; then all must be alike, valid, and keep every promise. A world that fails is told by
its seed: `--world SEED` runs that one alone.
"""

import argparse
import sys
import time
from typing import Final

from tests.merge.edits import COMMANDS
from tests.merge.world import World

STEPS_A_WORLD: Final = 120
SYNCS: Final = 0.25
"""Of the steps; the others write."""
CUTS: Final = 0.02


def run_world(seed: int, steps: int = STEPS_A_WORLD) -> World:
    """One world from its beginning to its healing; raises `AssertionError` with the seed."""
    world = World(2 + seed % 5, seed)
    draw = world.random
    commands, weights = zip(*COMMANDS, strict=True)
    for _ in range(steps):
        chance = draw.random()
        if chance < CUTS:
            world.groups = [draw.randint(0, 1) for _ in world.clones]
        elif chance < SYNCS:
            one, other = draw.sample(range(len(world.clones)), 2)
            if world.groups[one] == world.groups[other]:
                world.sync(world.clones[one], world.clones[other], crash=draw.random() < 0.02)
        else:
            world.write(draw.choice(world.clones), draw.choices(commands, weights)[0])
    world.heal()
    world.check()
    return world


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--world", type=int, help="run the world with this seed alone")
    parser.add_argument("--examples", type=int, help="run the properties with so many examples each instead")
    given = parser.parse_args()
    if given.examples is not None:
        from tests.merge.test_properties import run

        return run(given.examples)
    seeds = (
        [given.world]
        if given.world is not None
        else range(given.seed * 1_000_000, given.seed * 1_000_000 + -(-given.steps // STEPS_A_WORLD))
    )
    begin = time.monotonic()
    merges = decisions = criss_cross = 0
    for seed in seeds:
        world = run_world(seed)
        merges, decisions = merges + world.merges, decisions + world.decisions
        criss_cross += world.criss_cross
    seconds = time.monotonic() - begin
    steps = len(seeds) * STEPS_A_WORLD
    print(
        f"{steps} steps in {len(seeds)} worlds of 2 to 6 clones, seed {given.seed}, {seconds:.0f} s: {merges} merges, "
        f"{criss_cross} of them criss-cross, {decisions} decisions recorded; all clones byte-identical, nothing lost"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
