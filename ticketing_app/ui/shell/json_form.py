"""Attributes of the forms that account-forms.js sends as JSON."""

# The path to navigate to after success; `next` in the address takes precedence.
JSON_FORM = "data-json-form"
# The path of the API.
API = "data-api"
METHOD = "data-method"
# The answer of a passkey is sent along: one that is created for the account, or one that is used.
PASSKEY = "data-passkey"
PASSKEY_CREATE = "create"
PASSKEY_USE = "get"
# Success is reported to the proof dialog, and the page stays.
PROOF = "data-proof"
