"""Faults as functions: what can happen to a tracker, made to happen on purpose.

- `damage`: objects, packs, documents, the reference and its log, broken in every way they break
- `calls`: the operating system of a write inside one process: errors, death, short writes at call number n
- `holders`: locks held by the living, the dead, the stopped and by foreign gits
- `machine`: full disks, limits, missing permission, other clocks, SIGSTOP
- `network`: connections cut, delayed, and answers that never arrive
- `hosts`: a host that dies in the middle of a push
- `commands`: every mutating command with words that make it work, and repositories to run it in
- `strace`: system calls of a whole process recorded, and made to fail
- `disk`: the crash states of a recorded command
- `judge`: what must be true afterwards, whatever was done
"""
