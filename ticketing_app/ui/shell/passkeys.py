"""What only browsers with passkeys show: audience_hint.js marks the document, frame.css hides it in others."""

# A class.
WITH_PASSKEYS = "with-passkeys"
