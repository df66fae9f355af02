// A price that is edited in its row, while the same listing may change elsewhere.
import { useEffect, useRef } from "react";

export function PriceField({ id, value, isRefused, describedBy, className }) {
  const input = useRef(null);
  const shown = useRef(value);
  const sent = useRef(null);
  useEffect(() => {
    const field = input.current;
    const remember = () => {
      sent.current = field.value;
    };
    const { form } = field;
    form.addEventListener("submit", remember);
    return () => form.removeEventListener("submit", remember);
  }, []);
  useEffect(() => {
    const typed = input.current.value;
    const isSaved = typed === sent.current && !isRefused;
    if (typed === shown.current || isSaved) input.current.value = value;
    shown.current = value;
  }, [value, isRefused]);
  return (
    <input
      ref={input}
      id={id}
      name="price"
      defaultValue={value}
      inputMode="decimal"
      autoComplete="off"
      aria-invalid={isRefused}
      aria-describedby={describedBy}
      className={className}
    />
  );
}
