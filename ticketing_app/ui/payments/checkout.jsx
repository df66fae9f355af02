// The Pay button and its dialog: opens the payment over REST, takes the card with Stripe's element,
// and lets the server find out what became of it. The client secret stays in this component.
import React, { useCallback, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Elements, PaymentElement, useElements, useStripe } from "@stripe/react-stripe-js";

const ASK_AGAIN_MS = 3000;
const UNDECIDED = ["awaiting_payment", "capturing"];
const ENDED = ["completed", "cancelled", "expired"];

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body) {
  const response = await fetch(`/api/payments${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refusal(response.status, answer.errors[0].message);
  return answer;
}

// Stripe.js comes from the address that the server tells, once a page; a failure may be tried again.
let stripeLoading = null;
const loadScript = (url) =>
  new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = done;
    script.onerror = () => {
      script.remove();
      failed(new Error("Stripe.js did not load"));
    };
    document.head.append(script);
  });
function loadStripe() {
  stripeLoading ??= call("GET", "/config")
    .then(async ({ publishableKey, stripeJsUrl }) => {
      if (!window.Stripe) await loadScript(stripeJsUrl);
      return window.Stripe(publishableKey);
    })
    .catch((error) => {
      stripeLoading = null;
      throw error;
    });
  return stripeLoading;
}

function appearanceFrom(tokens) {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    theme: style.colorScheme === "dark" ? "night" : "stripe",
    variables: {
      borderRadius: "8px",
      ...Object.fromEntries(Object.entries(tokens).map(([key, name]) => [key, value(name)])),
    },
  };
}

const sentence = (answer, words) => {
  if (answer.status !== "created" || !answer.message) return answer.message ?? "";
  const left = answer.attemptsLeft;
  return `${answer.message} ${left === 1 ? words.one_attempt : words.attempts.replace("{count}", left)}`;
};

function CardForm({ paymentId, payLabel, words, looks, busy, setBusy, onAnswer, onRefusal, onLoadError }) {
  const stripe = useStripe();
  const elements = useElements();
  const [ready, setReady] = useState(false);
  const [error, setError] = useState("");

  const pay = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError("");
    try {
      const filled = await elements.submit();
      if (filled.error) return setError(filled.error.message);
      await call("POST", `/${paymentId}/confirming`);
      const result = await stripe.confirmPayment({
        elements,
        redirect: "if_required",
        confirmParams: { return_url: window.location.href },
      });
      // Whatever the browser was told, the server asks Stripe itself.
      const answer = await call("POST", `/${paymentId}/settle`).catch(() => ({ status: "capturing" }));
      if (answer.status === "created") setError(sentence(answer, words) || result.error?.message || "");
      onAnswer(answer);
    } catch (refusal) {
      if (refusal instanceof Refusal) setError(refusal.message);
      else setError(words.unreachable);
      onRefusal(refusal);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={pay} className={looks.form}>
      <PaymentElement onReady={() => setReady(true)} onLoadError={onLoadError} />
      {error && (
        <p role="alert" className={looks.error}>
          {error}
        </p>
      )}
      <button type="submit" disabled={!ready || busy} className={looks.submit} aria-busy={busy}>
        {busy ? words.busy : payLabel}
      </button>
    </form>
  );
}

function Dialog({ title, closeLabel, looks, canClose, onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    const opener = document.activeElement;
    box.current.focus();
    document.documentElement.style.overflow = "hidden";
    return () => {
      document.documentElement.style.overflow = "";
      opener?.focus?.();
    };
  }, []);
  useEffect(() => {
    // On the document: after a 3-D Secure check the focus is nowhere.
    const onKeyDown = (event) => {
      if (event.key === "Escape" && canClose) onClose();
    };
    document.addEventListener("keydown", onKeyDown);
    if (canClose && document.activeElement === document.body) box.current.focus();
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [canClose, onClose]);
  const stops = () => [...box.current.querySelectorAll("button:not(:disabled), iframe, a[href]")];
  // Not a <dialog> and no inert page: Stripe puts its 3-D Secure frame beside ours, and a browser's
  // top layer would cover it. Two guards keep the tab key inside instead.
  return createPortal(
    <div className={looks.veil}>
      <span tabIndex={0} onFocus={() => (stops().at(-1) ?? box.current).focus()} />
      <div ref={box} role="dialog" aria-modal="true" aria-labelledby="checkout-title" tabIndex={-1} className={looks.dialog}>
        <div className={looks.head}>
          <h2 id="checkout-title" className={looks.title}>
            {title}
          </h2>
          <button type="button" onClick={onClose} disabled={!canClose} className={looks.close}>
            {closeLabel}
          </button>
        </div>
        {children}
      </div>
      <span tabIndex={0} onFocus={() => (stops()[0] ?? box.current).focus()} />
    </div>,
    document.body,
  );
}

function Waiting({ text, looks }) {
  return (
    <p role="status" className={looks.status}>
      <span className={looks.spinner} aria-hidden="true" />
      {text}
    </p>
  );
}

export function Checkout({ orderId, status, canPay, payLabel, signInPath, words, looks, tokens, onSettled, children }) {
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [charge, setCharge] = useState(null);
  const [appearance, setAppearance] = useState(null);
  const [problem, setProblem] = useState("");
  const [isConfirming, setConfirming] = useState(false);
  const settled = useRef(onSettled);
  settled.current = onSettled;

  useEffect(() => {
    // Early, so that the form is there at once; opening the dialog tries again if this fails.
    if (canPay) loadStripe().catch(() => {});
  }, [canPay]);

  const refuse = useCallback((refusal) => {
    if (refusal.status === 401) {
      const here = encodeURIComponent(window.location.pathname);
      window.location.assign(`${signInPath}?next=${here}`);
    } else if (refusal.status === 409) {
      settled.current();
    }
  }, [signInPath]);

  const open = async () => {
    setOpen(true);
    setProblem("");
    setAppearance(appearanceFrom(tokens));
    try {
      const [stripe, payment] = await Promise.all([loadStripe(), call("POST", "", { orderId })]);
      setCharge((before) => (before?.id === payment.id ? before : { ...payment, stripe }));
    } catch (refusal) {
      setProblem(refusal instanceof Refusal ? refusal.message : words.unreachable);
      refuse(refusal);
    }
  };

  const take = useCallback((answer) => {
    setConfirming(UNDECIDED.includes(answer.status));
    if (answer.status === "completed") setOpen(false);
    else if (ENDED.includes(answer.status)) setProblem(answer.message ?? "");
    settled.current();
  }, []);

  // The answer may be long in coming; ask again until there is one, even if an event gets lost.
  useEffect(() => {
    if (!isConfirming || !charge) return undefined;
    const timer = setInterval(() => {
      call("POST", `/${charge.id}/settle`)
        .then((answer) => {
          if (UNDECIDED.includes(answer.status)) return;
          if (answer.status === "created") {
            setProblem(sentence(answer, words) || words.unreachable);
            // Whoever closed the dialog meanwhile must hear that nothing was paid.
            setOpen(true);
          }
          take(answer);
        })
        .catch(() => {});
    }, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isConfirming, charge, take, words]);

  useEffect(() => {
    // The order was decided elsewhere: another tab, the webhook, the clock.
    if (busy || !ENDED.includes(status)) return;
    setConfirming(false);
    if (status === "completed" || !problem) setOpen(false);
  }, [status, busy, problem]);

  const showForm = charge && canPay && !isConfirming && (!problem || busy);
  return (
    <>
      {canPay && (
        <button type="button" className={looks.open} onClick={open}>
          {words.open}
        </button>
      )}
      {isOpen && (
        <Dialog title={words.title} closeLabel={words.close} looks={looks} canClose={!busy} onClose={() => setOpen(false)}>
          {canPay && children}
          {problem && !busy && (
            <p role="alert" className={looks.error}>
              {problem}
            </p>
          )}
          {problem && canPay && (
            <button type="button" className={looks.submit} onClick={open}>
              {words.retry}
            </button>
          )}
          {isConfirming && <Waiting text={words.confirming} looks={looks} />}
          {!charge && !problem && <Waiting text={words.loading} looks={looks} />}
          {(showForm || busy) && (
            <Elements
              key={charge.clientSecret}
              stripe={charge.stripe}
              options={{ clientSecret: charge.clientSecret, appearance }}
            >
              <CardForm
                paymentId={charge.id}
                payLabel={payLabel}
                words={words}
                looks={looks}
                busy={busy}
                setBusy={setBusy}
                onAnswer={take}
                onRefusal={refuse}
                onLoadError={() => setProblem(words.unreachable)}
              />
            </Elements>
          )}
        </Dialog>
      )}
    </>
  );
}
