"""Attributes of the forms that account-forms.js sends as JSON."""

# The path to navigate to after success; `next` in the address takes precedence.
JSON_FORM = "data-json-form"
METHOD = "data-method"
