/**
 * Keeps a page alive that the browser translates. A translator puts `<font>` elements in the place of texts, and what the
 * page says afterwards would go to texts that nobody sees. So a text that was replaced is watched, and stands in its place
 * again as soon as it changes; the translator then translates it anew.
 */

export function surviveTranslation(page: Node): void {
  const places = new WeakMap<Node, Element>();
  const texts = new MutationObserver((changes) => {
    for (const { target } of changes) places.get(target)?.replaceWith(target);
  });
  const replacements = new MutationObserver((changes) => {
    for (const change of changes) {
      for (const text of change.removedNodes) {
        const place = placeOf(change);
        if (!(text instanceof Text) || text.isConnected || !place) continue;
        places.set(text, place);
        texts.observe(text, { characterData: true });
      }
    }
  });
  replacements.observe(page, { childList: true, subtree: true });
}

/** What stands there now, if a translator has put it there. */
function placeOf({ addedNodes, previousSibling, nextSibling }: MutationRecord): Element | undefined {
  return [...addedNodes, previousSibling, nextSibling].find(
    (node): node is Element => node instanceof Element && node.localName === "font",
  );
}
