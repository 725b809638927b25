// What the browser remembers. In a private window it may remember nothing, and nothing is lost but comfort.

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(`segue.${key}`);
    else localStorage.setItem(`segue.${key}`, JSON.stringify(value));
  } catch {
    // Shown for this visit only.
  }
}

export function recall(key, fallback = null) {
  try {
    const text = localStorage.getItem(`segue.${key}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}
