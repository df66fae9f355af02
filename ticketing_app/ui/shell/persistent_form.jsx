// Keeps a form with its input on the page while the server's state of the tab is empty.
import { Children, useEffect, useRef } from "react";
import { useLocation } from "react-router";

export function PersistentForm({ isReady, content, errors, children }) {
  const { pathname } = useLocation();
  const kept = useRef({});
  const box = useRef(null);
  // Other content mounts a new form with its own values; the same content keeps the form.
  if (isReady) kept.current = { pathname, content };
  // biome-ignore lint/correctness/useExhaustiveDependencies: Runs for each new set of errors.
  useEffect(() => {
    box.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [errors]);
  const [form, otherwise] = Children.toArray(children);
  if (kept.current.pathname !== pathname) return otherwise;
  return (
    <div ref={box} key={kept.current.content}>
      {form}
    </div>
  );
}
