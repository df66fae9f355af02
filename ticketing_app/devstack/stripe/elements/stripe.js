// A stand-in for the part of Stripe.js that this project uses, for development and tests: same calls,
// results, error codes and frames, served by the emulator.
(() => {
  // biome-ignore lint/suspicious/noRedundantUseStrict: A classic script, not a module.
  "use strict";
  const BASE = new URL(document.currentScript.src).origin;
  const ABOVE_ALL = "2147483647";
  const idOf = (clientSecret) => clientSecret.split("_secret_")[0];
  const newName = () => `__privateStripeFrame${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const noConnection = {
    error: {
      type: "api_connection_error",
      message: "We are experiencing issues connecting to our payments provider.",
    },
  };

  const request = async (key, method, path, data) => {
    const form = new URLSearchParams({ key, ...data });
    const url = `${BASE}/v1/${path}`;
    try {
      const answer = await (method === "GET" ? fetch(`${url}?${form}`) : fetch(url, { method, body: form }));
      return await answer.json();
    } catch {
      return noConnection;
    }
  };

  const makeFrame = (page, title) => {
    const frame = document.createElement("iframe");
    frame.name = newName();
    frame.title = title;
    frame.src = `${BASE}/frame/${page}#${location.origin}`;
    frame.style.cssText = "border:0;width:100%;display:block;color-scheme:light";
    return frame;
  };

  // Calls `handle` for the messages of this frame only; returns a function that stops it.
  const listen = (frame, handle) => {
    const onMessage = (event) => {
      if (event.source === frame.contentWindow && event.origin === BASE) handle(event.data);
    };
    addEventListener("message", onMessage);
    return () => removeEventListener("message", onMessage);
  };

  class PaymentElement {
    constructor(group, options) {
      this.group = group;
      this.options = options;
      this.handlers = {};
      this.waiting = new Map();
      this.frame = null;
    }
    on(name, handler) {
      this.handlers[name] ||= [];
      this.handlers[name].push(handler);
      return this;
    }
    once(name, handler) {
      const only = (event) => {
        this.off(name, only);
        handler(event);
      };
      return this.on(name, only);
    }
    off(name, handler) {
      this.handlers[name] = handler ? (this.handlers[name] || []).filter((h) => h !== handler) : [];
      return this;
    }
    emit(name, event) {
      for (const handler of this.handlers[name] || []) handler({ elementType: "payment", ...event });
    }
    mount(where) {
      const node = typeof where === "string" ? document.querySelector(where) : where;
      if (!node) throw new Error(`The selector you specified (${where}) applies to no DOM element.`);
      if (this.destroyed) throw new Error("This Element has already been destroyed.");
      if (this.frame) return;
      this.frame = makeFrame("payment", "Secure payment input frame");
      this.frame.allow = "payment *";
      this.frame.style.height = "260px";
      this.stopListening = listen(this.frame, (message) => this.receive(message));
      node.appendChild(this.frame);
      this.emit("loaderstart", {});
    }
    receive(message) {
      if (message.event === "height") this.frame.style.height = `${message.height}px`;
      else if (message.event === "answer") this.waiting.get(message.id)?.(message.body);
      else this.emit(message.event, message.detail);
      if (message.event === "ready") this.dress();
    }
    dress() {
      this.post({ appearance: this.group.options.appearance || {} });
    }
    post(message) {
      this.frame?.contentWindow.postMessage(message, BASE);
    }
    ask(message) {
      if (!this.frame) throw new Error("The Payment Element is not mounted.");
      const id = newName();
      return new Promise((resolve) => {
        this.waiting.set(id, resolve);
        this.post({ id, ...message });
      }).finally(() => this.waiting.delete(id));
    }
    unmount() {
      this.frame?.remove();
      this.frame = null;
      this.stopListening?.();
      const message = "The Payment Element was unmounted before it could answer.";
      for (const resolve of this.waiting.values()) {
        resolve({ error: { type: "invalid_request_error", message } });
      }
    }
    destroy() {
      this.unmount();
      this.destroyed = true;
      this.group.element = null;
    }
    update(options) {
      Object.assign(this.options, options);
    }
    focus() {
      this.frame?.focus();
      this.post({ focus: true });
    }
    blur() {}
    clear() {}
    collapse() {}
  }

  const makeElements = (options = {}) => {
    if ("paymentMethodTypes" in options) throw new Error("Invalid elements() parameter: paymentMethodTypes.");
    const group = {
      options,
      element: null,
      create(type, elementOptions = {}) {
        if (type !== "payment") throw new Error(`The stand-in has no ${type} Element.`);
        if (group.element) throw new Error("Can only create one Element of type payment.");
        group.element = new PaymentElement(group, elementOptions);
        return group.element;
      },
      getElement: () => group.element,
      update(changed) {
        Object.assign(group.options, changed);
        group.element?.dress();
      },
      fetchUpdates: async () => ({}),
      on() {},
      off() {},
      async submit() {
        if (!group.element) throw new Error("elements.submit(): create the Payment Element first.");
        const answer = await group.element.ask({ op: "validate" });
        return answer.error ? answer : { selectedPaymentMethod: "card" };
      },
    };
    return group;
  };

  // As in the real one, the challenge is a frame in <body> that covers the page.
  const challenge = (key, clientSecret) =>
    new Promise((resolve) => {
      const box = document.createElement("div");
      box.style.cssText = `position:fixed;inset:0;z-index:${ABOVE_ALL}`;
      const frame = makeFrame("challenge", "3D Secure authentication");
      frame.style.height = "100%";
      frame.onload = () => frame.focus();
      const stop = listen(frame, ({ outcome }) => {
        stop();
        box.remove();
        const data = { client_secret: clientSecret, outcome };
        resolve(request(key, "POST", `payment_intents/${idOf(clientSecret)}/challenge`, data));
      });
      box.appendChild(frame);
      document.body.appendChild(box);
    });

  const conclude = async (key, clientSecret, answer) => {
    let intent = answer;
    if (intent.status === "requires_action") intent = await challenge(key, clientSecret);
    if (intent.error) return { error: intent.error };
    if (intent.status === "requires_payment_method" && intent.last_payment_error) {
      return { error: { ...intent.last_payment_error, payment_intent: intent } };
    }
    return { paymentIntent: intent };
  };

  const returnTo = (address, clientSecret, intent) => {
    const url = new URL(address);
    url.searchParams.set("payment_intent", intent.id);
    url.searchParams.set("payment_intent_client_secret", clientSecret);
    url.searchParams.set("redirect_status", "succeeded");
    location.assign(url);
    return new Promise(() => {});
  };

  const Stripe = (key) => {
    if (!/^pk_test_/.test(key)) throw new Error("Please call Stripe() with a publishable test key.");
    const notOffered = (name) => () => Promise.reject(new Error(`${name} is not part of this stand-in for Stripe.js.`));
    return {
      elements: makeElements,
      createToken: notOffered("createToken"),
      createPaymentMethod: notOffered("createPaymentMethod"),
      createConfirmationToken: notOffered("createConfirmationToken"),
      handleNextAction: notOffered("handleNextAction"),
      confirmCardPayment: notOffered("confirmCardPayment"),
      registerAppInfo() {},
      _registerWrapper() {},
      async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
        if (redirect === "always" && !confirmParams.return_url) {
          throw new Error("confirmPayment: confirmParams.return_url is missing.");
        }
        const secret = clientSecret || elements.options.clientSecret;
        if (!secret) throw new Error("confirmPayment: the client secret is missing.");
        const answer = await elements.element.ask({
          op: "send",
          path: `payment_intents/${idOf(secret)}/confirm`,
          data: { key, client_secret: secret, return_url: confirmParams.return_url || location.href },
        });
        const result = await conclude(key, secret, answer);
        if (redirect !== "always" || result.error) return result;
        return returnTo(confirmParams.return_url, secret, result.paymentIntent);
      },
      async retrievePaymentIntent(clientSecret) {
        const path = `payment_intents/${idOf(clientSecret)}`;
        const answer = await request(key, "GET", path, { client_secret: clientSecret });
        return answer.error ? { error: answer.error } : { paymentIntent: answer };
      },
    };
  };
  Stripe.version = "endive";
  window.Stripe = Stripe;
})();
