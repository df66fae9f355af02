"""Attributes of the forms that account-forms.js sends as JSON."""

# The path to navigate to after success; `next` in the address takes precedence.
JSON_FORM = "data-json-form"
# The path of the API.
API = "data-api"
METHOD = "data-method"
