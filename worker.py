"""Run background work: `python worker.py jobs|scheduler|relay|consumer|outside|all`."""

from ticketing_app.processes import main

main()
