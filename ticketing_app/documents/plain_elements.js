// In place of @emotion/react (PlainElementsPlugin in documents/plugins.py). Only Reflex's page for crashes has style
// properties.
import { createElement } from "react";

export const jsx = (type, props, ...children) => {
  if (!props?.css) return createElement(type, props, ...children);
  const { css, ...others } = props;
  return createElement(type, { ...others, style: css }, ...children);
};
