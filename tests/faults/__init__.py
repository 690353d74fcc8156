"""Faults on purpose: real processes are killed, frozen and cut off while shoppers cancel; then DESIGN §6 must hold.

``make faults SEEDS=50`` plays every point of SECURITY.md and every nemesis with fifty seeds, in both ways to run
Comeback, and prints the table. A broken promise is printed with its seed and its timeline; this plays it again, alone:
``python -m tests.faults --first SEED --only "after commit" --modes redis --verbose --logs``.
"""
