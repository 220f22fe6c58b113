// What the check says about itself, and when.
const begun = Date.now();

/** Since the beginning. */
export function seconds() {
  return Math.round((Date.now() - begun) / 1000);
}

export function say(title) {
  console.log(`\n== ${title} (at ${seconds()} s)`);
}
