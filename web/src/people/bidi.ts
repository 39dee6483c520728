/**
 * Text of people beside other text. What they write may have characters that turn the direction of what follows. Here
 * each text ends what it began and ends nothing else; then an element (`bdi`, `dir="auto"`) or two more characters
 * keep it apart.
 */

const [FSI, PDI, PDF] = ["\u2068", "\u2069", "\u202C"];
const ISOLATES = "\u2066\u2067\u2068";
const EMBEDDINGS = "\u202A\u202B\u202D\u202E";
const CONTROLS = /[\u202A-\u202E\u2066-\u2069]/;
/** Every paragraph begins anew, whatever the one before left open. */
const PARAGRAPH = /([\n\r\x1C-\x1E\x85\u2029]+)/;

export function balanced(text: string): string {
  return CONTROLS.test(text) ? text.split(PARAGRAPH).map(balancedParagraph).join("") : text;
}

/** For a text within a sentence that has no elements, such as a label. */
export function isolated(text: string): string {
  return FSI + balanced(text) + PDI;
}

function balancedParagraph(text: string): string {
  const open: string[] = [];
  let kept = "";
  for (const character of text) {
    if (ISOLATES.includes(character)) open.push(PDI);
    else if (EMBEDDINGS.includes(character)) open.push(PDF);
    else if (character === PDF && open.at(-1) !== PDF) continue;
    else if (character === PDF) open.pop();
    else if (character === PDI && !open.includes(PDI)) continue;
    // It ends the embeddings within it as well.
    else if (character === PDI) open.length = open.lastIndexOf(PDI);
    kept += character;
  }
  return kept + open.reverse().join("");
}
