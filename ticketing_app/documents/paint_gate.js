await window.firstPaint;
for (const href of MODULES) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
}
