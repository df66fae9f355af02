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

// If the focused element is removed, its nearest remaining ancestor gets the focus.
function useRescue() {
  useEffect(() => {
    let places = [];
    const remember = ({ target }) => {
      places = [];
      for (let place = target; place.closest("main"); place = place.parentElement) places.push(place);
    };
    const rescue = () => {
      if (document.activeElement !== document.body || !places.length || places[0].isConnected) return;
      const left = places.find((place) => place.isConnected && place.id !== "main");
      if (left) focusOn(left);
    };
    const observer = new MutationObserver(rescue);
    document.addEventListener("focusin", remember);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", remember);
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
