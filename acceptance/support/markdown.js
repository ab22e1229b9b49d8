// The code blocks of a Markdown page, each with the headings above it.

/** `[{ language, code, heading, line }]`, in order. */
export function codeBlocks(markdown) {
  const blocks = [];
  let heading = "";
  let open;
  markdown.split("\n").forEach((text, index) => {
    const fence = /^```(\w*)$/.exec(text);
    if (fence && open) {
      blocks.push({ ...open, code: open.lines.join("\n") + "\n" });
      open = undefined;
    } else if (fence) {
      open = { language: fence[1], heading, line: index + 1, lines: [] };
    } else if (open) {
      open.lines.push(text);
    } else if (text.startsWith("#")) {
      heading = text.replace(/^#+\s*/, "");
    }
  });
  return blocks.map(({ language, code, heading, line }) => ({ language, code, heading, line }));
}
