// Switches on and off that this browser receives notices when no page is open.
import { useEffect, useState } from "react";

const WORKER = "/service-worker.js";
const isSupported = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const bytesOf = (key) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const subscribe = async (publicKey) => {
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  // One of a former key or account cannot be used again.
  await (await pushManager.getSubscription())?.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) };
  const { endpoint, keys } = (await pushManager.subscribe(options)).toJSON();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
};

const unsubscribe = async () => {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
};

// As an offer (`isOffer`) it is shown only where the visitor has not decided yet.
export function PushSwitch({ publicKey, isOn, isOffer, texts, className, onSubscribe, onUnsubscribe, children }) {
  const [isShown, setShown] = useState(false);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    setShown(publicKey !== "" && isSupported() && (!isOffer || Notification.permission === "default"));
  }, [publicKey, isOffer]);
  const turnOn = async () => {
    setProblem("");
    setBusy(true);
    try {
      if ((await Notification.requestPermission()) === "granted") onSubscribe(await subscribe(publicKey));
      else setProblem(texts.denied);
    } catch {
      setProblem(texts.failed);
    }
    setBusy(false);
  };
  const turnOff = async () => {
    onUnsubscribe();
    await unsubscribe();
  };
  if (!isShown) return null;
  return (
    <div className="grid gap-3 justify-items-start">
      {children}
      <p role="status" className="empty:hidden">
        {problem || (isOn ? texts.on : "")}
      </p>
      {!(isOn && isOffer) && (
        <button type="button" className={className} disabled={isBusy} onClick={isOn ? turnOff : turnOn}>
          {isOn ? texts.turnOff : texts.turnOn}
        </button>
      )}
    </div>
  );
}
