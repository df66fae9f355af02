// Before the first paint: shows a member's links if the last answer was for a member (ui/shell/audience.py).
if (/(^|; )member=1/.test(document.cookie)) document.documentElement.dataset.audience = "member";
// And the ways to use a passkey where there are some (ui/shell/passkeys.py): an IP address can have none.
if (window.PublicKeyCredential?.parseRequestOptionsFromJSON && !/^[\d.]+$|^\[/.test(location.hostname))
  document.documentElement.dataset.passkeys = "";
