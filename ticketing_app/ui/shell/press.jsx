// A form of one button that shows a press at once, and ignores more presses until the press is refused or the page
// changes.
import { useEffect, useRef, useState } from "react";

// Longer than any answer: the button must not stay pressed after a lost connection.
const PATIENCE_MS = 10_000;

export function PressForm({ formKey, action, fields, label, description, refusals, onPress, className, children }) {
  // The number of refusals at the press; as a reference too, because a second press may come before the render.
  const [pressed, setPressed] = useState(null);
  const last = useRef(null);
  const isPending = pressed !== null && pressed === refusals;
  useEffect(() => {
    if (!isPending) return undefined;
    const timer = setTimeout(() => {
      last.current = null;
      setPressed(null);
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isPending]);
  const press = (event) => {
    event.preventDefault();
    if (last.current === refusals) return;
    last.current = refusals;
    setPressed(refusals);
    onPress(Object.fromEntries(new FormData(event.currentTarget)));
  };
  // A form, as in the document.
  return (
    <form method="post" action={action} className="contents" data-press={formKey} onSubmit={press}>
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {children}
      <button
        type="submit"
        className={className}
        aria-label={description || undefined}
        aria-disabled={isPending || undefined}
        data-pending={isPending ? "" : undefined}
      >
        {label}
      </button>
    </form>
  );
}
