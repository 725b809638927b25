// A tune for a song that has no recording: a list of notes made from its id, always the same. Four chords, a bass, a slow
// pad, broken chords and a melody in phrases A A′ B A, all in one key, so that it sounds like music and not like a test.

import { pick, randomOf } from "./seed.js";

const scales = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
};
/** Steps of the scale the four chords stand on. */
const progressions = [[0, 4, 5, 3], [0, 5, 3, 4], [5, 3, 0, 4], [0, 3, 5, 4], [0, 2, 3, 4], [3, 0, 4, 5]];
const keys = ["C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B"];
const beats = 32;

/**
 * The tune of a song: `{ key, scale, tempo, seconds, notes: [{ at, seconds, pitch, volume, voice }] }`, times in seconds,
 * pitch as a MIDI number, voice one of `bass`, `pad`, `pluck`, `lead`.
 */
export function compose(song) {
  const taste = randomOf(`taste ${song.artist_id || song.artist || song.id}`);
  const random = randomOf(`tune ${song.id}`);
  const scale = pick(taste, Object.keys(scales));
  const root = 48 + Math.floor(random() * 12);
  const tempo = 76 + Math.floor(taste() * 30) + Math.floor(random() * 14);
  const beat = 60 / tempo;
  const notes = [];
  const pitchOf = (step, octave = 0) => root + 12 * (octave + Math.floor(step / 7)) + scales[scale][((step % 7) + 7) % 7];
  const add = (voice, start, length, pitch, volume) =>
    notes.push({ voice, at: start * beat, seconds: length * beat, pitch, volume });

  const chords = pick(random, progressions);
  const pattern = pick(random, [[0, 2, 4, 2], [0, 4, 2, 4], [4, 2, 0, 2], [0, 2, 4, 7]]);
  const walks = random() < 0.5;
  for (let bar = 0; bar < beats / 4; bar += 1) {
    const chord = chords[bar % 4];
    add("bass", bar * 4, walks ? 1.9 : 3.8, pitchOf(chord, -1), 0.5);
    if (walks) add("bass", bar * 4 + 2, 1.9, pitchOf(chord + 4, -1), 0.4);
    for (const step of [0, 2, 4]) add("pad", bar * 4, 4.2, pitchOf(chord + step), 0.13);
    if (bar === 0) continue;
    for (let half = 0; half < 8; half += 1) {
      add("pluck", bar * 4 + half / 2, 0.9, pitchOf(chord + pattern[half % 4], 1), half % 4 ? 0.12 : 0.17);
    }
  }
  const [first, answer] = [phrase(random), phrase(random)];
  sing(first, 0, 0);
  sing(first, 8, 1);
  sing(answer, 16, 0);
  sing(first, 24, 0, true);
  notes.sort((left, right) => left.at - right.at);
  return { key: keys[root % 12], scale, tempo, seconds: (beats + 3) * beat, notes };

  /** Lays a phrase over the chords: on the beat it takes chord notes. */
  function sing(phrase, start, lift, isLast = false) {
    for (const { at, length, move, isStrong } of phrase) {
      const chord = chords[Math.floor((start + at) / 4) % 4];
      const step = isStrong ? chord + [0, 2, 4][((move % 3) + 3) % 3] : chord + move + lift;
      add("lead", start + at, length * 1.1, pitchOf(step, 1), isStrong ? 0.34 : 0.27);
    }
    if (isLast) add("lead", beats, 2.5, pitchOf(0, 1), 0.3);
  }
}

/** Eight beats of melody: when, how long, where it goes. */
function phrase(random) {
  const notes = [];
  let [at, move] = [random() < 0.3 ? 0.5 : 0, Math.floor(random() * 3)];
  while (at < 7.5) {
    const length = pick(random, [0.5, 0.5, 1, 1, 1, 1.5, 2]);
    move = Math.max(-2, Math.min(6, move + pick(random, [-2, -1, -1, 0, 1, 1, 2])));
    if (random() > 0.16) notes.push({ at, length: Math.min(length, 8 - at), move, isStrong: Number.isInteger(at) && at % 2 === 0 });
    at += length;
  }
  return notes;
}
