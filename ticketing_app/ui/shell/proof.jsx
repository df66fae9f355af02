// A modal dialog that asks for a proof, for a form (account-forms.js) or for a handler (ui/session.py).
import { useEffect, useRef, useState } from "react";

export function ProofDialog({ headingId, cancelLabel, cancelClass, onProved, className, children }) {
  // Whether it is open, and for whom: a form gives the function that takes the answer.
  const [request, setRequest] = useState(null);
  const dialog = useRef(null);
  const isProved = useRef(false);
  useEffect(() => {
    const ask = (event) => {
      event.preventDefault();
      isProved.current = false;
      setRequest((former) => {
        former?.answer?.(false);
        return { answer: event.detail };
      });
    };
    const finish = () => {
      isProved.current = true;
      dialog.current?.close();
    };
    window.addEventListener("proofneeded", ask);
    window.addEventListener("proved", finish);
    return () => {
      window.removeEventListener("proofneeded", ask);
      window.removeEventListener("proved", finish);
    };
  }, []);
  const isOpen = request !== null;
  useEffect(() => {
    if (isOpen) dialog.current.showModal();
  }, [isOpen]);
  const close = () => {
    setRequest(null);
    if (request.answer) request.answer(isProved.current);
    else if (isProved.current) onProved();
  };
  return (
    isOpen && (
      <dialog ref={dialog} aria-labelledby={headingId} className={className} onClose={close}>
        {children}
        <button type="button" className={cancelClass} onClick={() => dialog.current.close()}>
          {cancelLabel}
        </button>
      </dialog>
    )
  );
}
