// Before the first paint: shows a member's links if the last answer was for a member (ui/shell/audience.py).
if (/(^|; )member=1/.test(document.cookie)) document.documentElement.dataset.audience = "member";
