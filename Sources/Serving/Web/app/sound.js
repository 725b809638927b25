// Turns a tune into a recording the audio element can play, so that simulated songs and real ones are played, sought and
// paused in one way.

import { compose } from "./tones.js";

const sampleRate = 24000;
const keptCount = 4;
/** Song id → promise of an object URL, the oldest first. */
const kept = new Map();

const voices = {
  bass: { type: "sine", attack: 0.02, release: 0.12, cutoff: 500 },
  pad: { type: "triangle", attack: 0.5, release: 0.7, cutoff: 1400 },
  pluck: { type: "triangle", attack: 0.006, release: 0.25, cutoff: 3200, isStruck: true },
  lead: { type: "sine", attack: 0.025, release: 0.22, cutoff: 5000, overtone: 0.18 },
};

/** An address under which the song's tune can be heard. */
export function recordingOf(song) {
  let url = kept.get(song.id);
  if (!url) {
    url = render(compose(song)).then((buffer) => URL.createObjectURL(waveFile(buffer)));
    kept.set(song.id, url);
    url.catch(() => kept.delete(song.id));
    if (kept.size > keptCount) {
      const [oldest, old] = kept.entries().next().value;
      kept.delete(oldest);
      old.then((address) => setTimeout(() => URL.revokeObjectURL(address), 60000), () => {});
    }
  }
  return url;
}

/** Plays the notes into memory, much faster than they sound. */
export function render(tune) {
  const context = new OfflineAudioContext(2, Math.ceil(tune.seconds * sampleRate), sampleRate);
  const out = context.createGain();
  out.gain.setValueAtTime(0, 0);
  out.gain.linearRampToValueAtTime(0.8, 0.05);
  out.gain.setValueAtTime(0.8, tune.seconds - 2);
  out.gain.linearRampToValueAtTime(0, tune.seconds - 0.02);
  out.connect(context.destination);
  const echo = context.createDelay(1);
  echo.delayTime.value = 45 / tune.tempo;
  const feedback = context.createGain();
  feedback.gain.value = 0.3;
  echo.connect(feedback).connect(echo);
  feedback.connect(out);
  for (const note of tune.notes) {
    const { input, pan } = channel(context, note, out);
    if (note.voice === "lead" || note.voice === "pluck") pan.connect(echo);
    strike(context, note, input);
  }
  return context.startRendering();
}

function channel(context, note, out) {
  const filter = context.createBiquadFilter();
  filter.type = "lowpass";
  filter.frequency.value = voices[note.voice].cutoff;
  const pan = context.createStereoPanner();
  pan.pan.value = note.voice === "pluck" ? ((note.pitch % 7) - 3) / 6 : note.voice === "pad" ? ((note.pitch % 3) - 1) / 3 : 0;
  filter.connect(pan).connect(out);
  return { input: filter, pan };
}

function strike(context, note, input) {
  const voice = voices[note.voice];
  const end = note.at + note.seconds + voice.release;
  const envelope = context.createGain();
  envelope.gain.setValueAtTime(0, note.at);
  envelope.gain.linearRampToValueAtTime(note.volume, note.at + voice.attack);
  if (voice.isStruck) {
    envelope.gain.exponentialRampToValueAtTime(0.001, end);
  } else {
    envelope.gain.setTargetAtTime(note.volume * 0.7, note.at + voice.attack, note.seconds);
    envelope.gain.setTargetAtTime(0, note.at + note.seconds, voice.release / 3);
  }
  envelope.connect(input);
  const partials = voice.overtone ? [[1, 1], [2, voice.overtone]] : [[1, 1]];
  for (const [multiple, share] of partials) {
    const oscillator = context.createOscillator();
    oscillator.type = voice.type;
    oscillator.frequency.value = 440 * 2 ** ((note.pitch - 69) / 12) * multiple;
    const level = context.createGain();
    level.gain.value = share;
    oscillator.connect(level).connect(envelope);
    oscillator.start(note.at);
    oscillator.stop(end + 0.1);
  }
}

/** The samples as a RIFF WAVE file of 16-bit PCM. */
function waveFile(buffer) {
  const channels = [buffer.getChannelData(0), buffer.getChannelData(1)];
  const byteCount = buffer.length * 4;
  const view = new DataView(new ArrayBuffer(44 + byteCount));
  const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + byteCount, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, byteCount, true);
  const samples = new Int16Array(view.buffer, 44);
  for (let index = 0; index < buffer.length; index += 1) {
    for (let side = 0; side < 2; side += 1) {
      samples[index * 2 + side] = Math.max(-1, Math.min(1, channels[side][index])) * 32767;
    }
  }
  return new Blob([view], { type: "audio/wav" });
}
