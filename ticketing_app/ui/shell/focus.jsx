// Focus management. Browsers do it when they load a document; pages and dialogs of this site change without
// one, and users of a keyboard or a screen reader would lose their place.
import { useEffect } from "react";
import { useLocation } from "react-router";

const focusOn = (place) => {
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
};

// A new page starts at its heading, which screen readers announce.
let shownPath = null;
function useArrival() {
  const { pathname } = useLocation();
  useEffect(() => {
    const isNew = shownPath !== null && shownPath !== pathname;
    shownPath = pathname;
    if (!isNew) return undefined;
    const arrive = () => {
      const heading = document.querySelector("main h1");
      if (!heading || heading.closest("[aria-busy=true]")) return false;
      focusOn(heading);
      return true;
    };
    if (arrive()) return undefined;
    const observer = new MutationObserver(() => arrive() && observer.disconnect());
    observer.observe(document.body, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [pathname]);
}

const isShown = (place) => place.isConnected && place.checkVisibility({ visibilityProperty: true });

// The control beside a part of the page that disappeared.
const controlBeside = (hidden) =>
  [hidden?.nextElementSibling, hidden?.previousElementSibling]
    .map((place) => place && isShown(place) && place.querySelector("a[href], button"))
    .find((control) => control && isShown(control));

// If the focused element is removed or hidden, the control beside it gets the focus, or its nearest ancestor.
function useRescue() {
  useEffect(() => {
    let places = [];
    const remember = ({ target }) => {
      places = [];
      for (let place = target; place.closest("main"); place = place.parentElement) places.push(place);
    };
    const rescue = () => {
      const { activeElement } = document;
      if (!places.length || (activeElement !== document.body && activeElement !== places[0])) return;
      if (isShown(places[0])) return;
      const left = places.find((place) => isShown(place) && place.id !== "main");
      const control = controlBeside(places.findLast((place) => place.isConnected && !isShown(place)));
      if (control) control.focus({ preventScroll: true });
      else if (left) focusOn(left);
    };
    const observer = new MutationObserver(rescue);
    document.addEventListener("focusin", remember);
    document.addEventListener("animationend", rescue);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-status"] });
    return () => {
      document.removeEventListener("focusin", remember);
      document.removeEventListener("animationend", rescue);
      observer.disconnect();
    };
  }, []);
}

// The router would follow this link without moving the focus.
export function SkipLink({ children, className }) {
  const skip = (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  };
  return (
    // biome-ignore lint/a11y/useValidAnchor: It is a link until the page's code runs.
    <a href="#main" className={className} onClick={skip}>
      {children}
    </a>
  );
}

export function Focus() {
  useArrival();
  useRescue();
  return null;
}
