// The Pay button and its dialog: opens the payment over REST, takes the card with Stripe's element,
// and has the server settle it. The client secret stays in this component.

import { Elements, PaymentElement, useElements, useStripe } from "@stripe/react-stripe-js";
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

const ASK_AGAIN_MS = 3000;
const ASK_SLOWLY_MS = 30000;
const UNDECIDED = ["awaiting_payment", "capturing"];
const ENDED = ["completed", "cancelled", "expired", "refunding", "refunded"];

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

// Loads Stripe.js once per page, from the URL in the server's configuration; a failed load can be retried.
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

// Follows the colour scheme: a change of it changes the class of <html>.
function useAppearance(tokens) {
  const [appearance, setAppearance] = useState(null);
  useEffect(() => {
    const read = () => setAppearance(appearanceFrom(tokens));
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ["class"] });
    read();
    return () => observer.disconnect();
  }, [tokens]);
  return appearance;
}

// The payment of an order, in localStorage: a tab opened later can settle it, too.
const memory = {
  key: (orderId) => `payment:${orderId}`,
  read: (orderId) => localStorage.getItem(memory.key(orderId)),
  keep: (orderId, paymentId) => localStorage.setItem(memory.key(orderId), paymentId),
  forget: (orderId) => localStorage.removeItem(memory.key(orderId)),
};

// Parameters of the return URL after a redirect to the bank.
const RETURN_PARAMETERS = ["payment_intent", "payment_intent_client_secret", "redirect_status"];
function useReturn() {
  const [hasReturned, setReturned] = useState(false);
  useEffect(() => {
    const address = new URL(window.location.href);
    if (!address.searchParams.has("payment_intent_client_secret")) return;
    // The client secret must not stay in the history, in bookmarks or in shared links.
    for (const name of RETURN_PARAMETERS) address.searchParams.delete(name);
    window.history.replaceState(window.history.state, "", address);
    setReturned(true);
  }, []);
  return hasReturned;
}

const declined = (answer, words) => {
  if (!answer.message) return "";
  const left = answer.attemptsLeft;
  return `${answer.message} ${left === 1 ? words.one_attempt : words.attempts.replace("{count}", left)}`;
};

// Polls with backoff until the payment is settled.
function useAskAgain(isWaiting, orderId, onAnswer) {
  const latest = useRef(onAnswer);
  latest.current = onAnswer;
  useEffect(() => {
    const paymentId = isWaiting && memory.read(orderId);
    if (!paymentId) return undefined;
    let pause = ASK_AGAIN_MS;
    let timer = null;
    let isOver = false;
    const ask = async () => {
      const answer = await call("POST", `/${paymentId}/settle`).catch(() => null);
      if (isOver) return;
      if (answer && !UNDECIDED.includes(answer.status)) return latest.current(answer);
      pause = Math.min(pause * 1.5, ASK_SLOWLY_MS);
      timer = setTimeout(ask, pause);
    };
    timer = setTimeout(ask, pause);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isWaiting, orderId]);
}

function CardForm({ paymentId, payLabel, words, classes, busy, setBusy, onAnswer, onRefusal, onLoadError, onEscape }) {
  const stripe = useStripe();
  const elements = useElements();
  const [ready, setReady] = useState(false);
  const [error, setError] = useState("");
  const [isMistyped, setMistyped] = useState(false);

  const pay = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError("");
    setMistyped(false);
    try {
      const filled = await elements.submit();
      // Stripe's form shows the errors beside its fields.
      if (filled.error) return setMistyped(true);
      await call("POST", `/${paymentId}/confirming`);
      const result = await stripe.confirmPayment({
        elements,
        redirect: "if_required",
        confirmParams: { return_url: window.location.href },
      });
      // The result in the browser is not trusted: the server asks Stripe.
      const answer = await call("POST", `/${paymentId}/settle`).catch(() => ({ status: "capturing" }));
      if (answer.status === "created") setError(declined(answer, words) || result.error?.message || "");
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
    <form onSubmit={pay} className={classes.form}>
      <PaymentElement onReady={() => setReady(true)} onLoadError={onLoadError} onEscape={onEscape} />
      {error && (
        <p role="alert" className={classes.error}>
          {error}
        </p>
      )}
      {isMistyped && (
        <p role="status" className={classes.note}>
          {words.mistyped}
        </p>
      )}
      <button type="submit" disabled={!ready || busy} className={classes.submit} aria-busy={busy}>
        {busy ? words.busy : payLabel}
      </button>
    </form>
  );
}

// Focus trap: moves the focus to the other end of the dialog.
function FocusGuard({ target }) {
  // biome-ignore lint/a11y: Not interactive, only a tab stop.
  return <span tabIndex={0} onFocus={() => target().focus()} />;
}

function Dialog({ title, closeLabel, classes, canClose, onClose, children }) {
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
    // On the document: after a 3-D Secure check nothing has the focus.
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
    <div className={classes.veil}>
      <FocusGuard target={() => stops().at(-1) ?? box.current} />
      <div
        ref={box}
        role="dialog"
        aria-modal="true"
        aria-labelledby="checkout-title"
        aria-describedby="checkout-summary"
        tabIndex={-1}
        className={classes.dialog}
      >
        <div className={classes.head}>
          <h2 id="checkout-title" className={classes.title}>
            {title}
          </h2>
          <button type="button" onClick={onClose} disabled={!canClose} className={classes.close}>
            {closeLabel}
          </button>
        </div>
        {children}
      </div>
      <FocusGuard target={() => stops()[0] ?? box.current} />
    </div>,
    document.body,
  );
}

function Waiting({ text, classes }) {
  return (
    <p role="status" className={classes.status}>
      <span className={classes.spinner} aria-hidden="true" />
      {text}
    </p>
  );
}

export function Checkout({
  orderId,
  status,
  canPay,
  payLabel,
  signInPath,
  outcomeId,
  words,
  classes,
  tokens,
  onSettled,
  children,
}) {
  const [isOpen, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [charge, setCharge] = useState(null);
  const [problem, setProblem] = useState(""); // A retry may help.
  const [verdict, setVerdict] = useState(""); // Final.
  const [isConfirming, setConfirming] = useState(false);
  const appearance = useAppearance(tokens);
  const wasUsed = useRef(false);
  const hasReturned = useReturn();

  useEffect(() => {
    // Preloaded, to open the form at once; opening the dialog retries a failed load.
    if (canPay) loadStripe().catch(() => {});
  }, [canPay]);

  const refuse = (refusal) => {
    if (refusal.status === 401) {
      const here = encodeURIComponent(window.location.pathname);
      window.location.assign(`${signInPath}?next=${here}`);
    } else if (refusal.status === 409) {
      onSettled();
    }
  };

  const open = async () => {
    wasUsed.current = true;
    setOpen(true);
    setProblem("");
    try {
      const [stripe, payment] = await Promise.all([loadStripe(), call("POST", "", { orderId })]);
      memory.keep(orderId, payment.id);
      setCharge((before) => (before?.id === payment.id ? before : { ...payment, stripe }));
    } catch (refusal) {
      setProblem(refusal instanceof Refusal ? refusal.message : words.unreachable);
      refuse(refusal);
    }
  };

  const take = (answer) => {
    setConfirming(UNDECIDED.includes(answer.status));
    if (answer.status === "completed") setOpen(false);
    else if (ENDED.includes(answer.status)) setVerdict(answer.message ?? "");
    onSettled();
  };

  const isUndecided = status === "capturing" || (hasReturned && status === "awaiting_payment");
  useAskAgain(isConfirming || isUndecided, orderId, (answer) => {
    if (answer.status === "created") {
      setProblem(declined(answer, words) || words.unreachable);
      // Reopens a dialog that was closed meanwhile: the buyer must see that nothing was paid.
      setOpen(true);
    }
    take(answer);
  });

  useEffect(() => {
    // The order ended elsewhere: in another tab, by the webhook, by its deadline.
    if (busy || !ENDED.includes(status)) return;
    memory.forget(orderId);
    setConfirming(false);
    if (status === "completed" || !verdict) setOpen(false);
  }, [status, busy, verdict, orderId]);

  useEffect(() => {
    // Pay is gone: screen readers read the outcome.
    if (wasUsed.current && !isOpen && ENDED.includes(status)) document.getElementById(outcomeId)?.focus();
  }, [status, isOpen, outcomeId]);

  const showForm = charge && canPay && !isConfirming && !problem && !verdict;
  return (
    <>
      {canPay && (
        <button type="button" className={classes.open} onClick={open}>
          {words.open}
        </button>
      )}
      {isOpen && (
        <Dialog
          title={words.title}
          closeLabel={words.close}
          classes={classes}
          canClose={!busy}
          onClose={() => setOpen(false)}
        >
          {canPay && <div id="checkout-summary">{children}</div>}
          {(problem || verdict) && !busy && (
            <p role="alert" className={classes.error}>
              {verdict || problem}
            </p>
          )}
          {problem && !verdict && canPay && (
            <button type="button" className={classes.submit} onClick={open}>
              {words.retry}
            </button>
          )}
          {isConfirming && <Waiting text={words.confirming} classes={classes} />}
          {!charge && !problem && <Waiting text={words.loading} classes={classes} />}
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
                classes={classes}
                busy={busy}
                setBusy={setBusy}
                onAnswer={take}
                onRefusal={refuse}
                onLoadError={() => setProblem(words.unreachable)}
                // Key events of Stripe's frame do not reach this document.
                onEscape={() => !busy && setOpen(false)}
              />
            </Elements>
          )}
        </Dialog>
      )}
    </>
  );
}
