"""Faults on purpose: real processes are killed, frozen and cut off while shoppers cancel; then DESIGN §6 must hold.

``make faults SEEDS=50 JOBS=8`` plays every point of SECURITY.md with fifty seeds, and every nemesis with each seventh
of them, in both ways to run Comeback, several towns side by side, and prints the table. A broken promise is printed
with its timeline and with the command that plays it again, alone.
"""
