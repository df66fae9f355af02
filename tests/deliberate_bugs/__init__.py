"""Deliberate bugs, one or more for each rule of the product; tests/mutants.py applies them.

Rule 0 protects visitors without being a rule of the product.
"""

from tests.deliberate_bugs import (
    accounts,
    cases,
    deliveries,
    events,
    gifts,
    inspection,
    listings,
    notices,
    orders,
    pages,
    passkeys,
    payments,
    platform,
    privacy,
    reissue,
    transfer,
    vault,
    work,
)
from tests.deliberate_bugs.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *accounts.MUTANTS,
    *cases.MUTANTS,
    *deliveries.MUTANTS,
    *events.MUTANTS,
    *gifts.MUTANTS,
    *inspection.MUTANTS,
    *listings.MUTANTS,
    *notices.MUTANTS,
    *orders.MUTANTS,
    *pages.MUTANTS,
    *passkeys.MUTANTS,
    *payments.MUTANTS,
    *platform.MUTANTS,
    *privacy.MUTANTS,
    *reissue.MUTANTS,
    *vault.MUTANTS,
    *transfer.MUTANTS,
    *work.MUTANTS,
)
