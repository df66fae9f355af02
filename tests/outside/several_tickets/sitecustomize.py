"""Allows orders of several tickets in Python processes that have this folder in PYTHONPATH."""

from ticketing_app.orders import rules

rules.MAX_TICKETS = 10
