import { setImmediate } from 'node:timers/promises';
import PDFDocument from 'pdfkit';
import type { Face, Fonts, LoadedFont } from './fonts.ts';

/** A4 in points. */
const margins = { top: 54, bottom: 60, left: 54, right: 54 };
const sizes = { title: 18, heading: 13, text: 9, small: 7.5 } as const;
const colours = { text: '#1b1b1b', muted: '#5c5c5c', line: '#d0d0d0' } as const;
const blocksPerTurn = 20;

export interface Said {
  readonly face?: Face;
  readonly size?: keyof typeof sizes;
  readonly muted?: boolean;
  /** Points from the left margin. */
  readonly indent?: number;
  /** Points kept free below. */
  readonly below?: number;
}

/**
 * A document that is written downwards. All text is others': it goes through the fonts' `runs`, and is only ever text. Past `pagesMax` nothing more is written, and the
 * last page says so.
 */
export class Sheet {
  readonly #doc: PDFKit.PDFDocument;
  readonly #fonts: Fonts;
  readonly #pagesMax: number;
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<void>;
  readonly #registered = new Set<string>();
  #pages = 1;
  #blocks = 0;
  #full = false;

  constructor(fonts: Fonts, about: { title: string; at: Date; pagesMax: number }) {
    this.#fonts = fonts;
    this.#pagesMax = about.pagesMax;
    this.#doc = new PDFDocument({
      size: 'A4',
      margins,
      bufferPages: true,
      lang: 'en',
      font: '',
      info: { Title: about.title, Producer: 'Sallyport', Creator: 'Sallyport', CreationDate: about.at },
    });
    this.#doc.on('pageAdded', () => {
      this.#pages += 1;
    });
    this.#doc.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#ended = new Promise((resolve, reject) => {
      this.#doc.once('end', resolve);
      this.#doc.once('error', reject);
    });
  }

  /** Whether the bound on pages was reached. */
  get full(): boolean {
    return this.#full;
  }

  async title(text: string): Promise<void> {
    await this.say(text, { face: 'bold', size: 'title', below: 6 });
  }

  async heading(text: string): Promise<void> {
    // A heading at the foot of a page stands with what follows.
    if (this.#doc.y > this.#doc.page.height - margins.bottom - 80 && !this.#isFull()) this.#doc.addPage();
    this.#doc.y += 10;
    await this.say(text, { face: 'bold', size: 'heading', below: 4 });
  }

  /** Names and values, one a line. A value of undefined leaves its line out. */
  async facts(facts: readonly (readonly [string, string | undefined])[]): Promise<void> {
    for (const [name, value] of facts)
      if (value !== undefined && value !== '')
        await this.#line([{ text: `${name}: `, face: 'bold' }, { text: value }], { below: 2 });
  }

  async say(text: string, said: Said = {}): Promise<void> {
    await this.#line([{ text, ...(said.face ? { face: said.face } : {}) }], said);
  }

  /** Something that happened: when, what, and more of it in small letters. */
  async entry(when: string, title: string, body?: { readonly text: string; readonly face?: Face }): Promise<void> {
    await this.#line(
      [
        { text: `${when}  `, face: 'mono' },
        { text: title, face: 'bold' },
      ],
      { below: body && body.text !== '' ? 1 : 4 },
    );
    if (body && body.text !== '')
      await this.say(body.text, {
        size: 'small',
        muted: true,
        indent: 12,
        below: 4,
        ...(body.face ? { face: body.face } : {}),
      });
  }

  async #line(parts: readonly { readonly text: string; readonly face?: Face }[], said: Said): Promise<void> {
    if (this.#isFull()) return;
    if (++this.#blocks % blocksPerTurn === 0) await setImmediate();
    const doc = this.#doc;
    const runs = parts
      .flatMap(({ text, face = 'text' }) => this.#fonts.runs(text, face))
      .filter(({ text }) => text !== '');
    if (runs.length === 0) return;
    doc.fontSize(sizes[said.size ?? 'text']).fillColor(said.muted ? colours.muted : colours.text);
    const left = margins.left + (said.indent ?? 0);
    const width = doc.page.width - left - margins.right;
    for (const [index, run] of runs.entries()) {
      this.#use(run.font);
      const continued = index < runs.length - 1;
      if (index === 0) doc.text(run.text, left, doc.y, { width, continued });
      else doc.text(run.text, { width, continued });
    }
    doc.y += said.below ?? 4;
  }

  #use({ name, data }: LoadedFont): void {
    if (!this.#registered.has(name)) this.#doc.registerFont(name, data);
    this.#registered.add(name);
    this.#doc.font(name);
  }

  #isFull(): boolean {
    this.#full ||= this.#pages > this.#pagesMax;
    return this.#full;
  }

  /** Numbers the pages, each with `footer` beside it. */
  async end(footer: string): Promise<Buffer> {
    const doc = this.#doc;
    const { start, count } = doc.bufferedPageRange();
    for (let page = start; page < start + count; page++) {
      doc.switchToPage(page);
      // Text below the margin would else begin a page.
      doc.page.margins.bottom = 0;
      const y = doc.page.height - 40;
      doc.fontSize(sizes.small).fillColor(colours.muted);
      const cut = this.#full && page === start + count - 1 ? ' · cut here: the rest is in the portal' : '';
      const runs = this.#fonts.runs(`${footer} · page ${page - start + 1} of ${count}${cut}`, 'text');
      for (const [index, run] of runs.entries()) {
        this.#use(run.font);
        const continued = index < runs.length - 1;
        if (index === 0) doc.text(run.text, margins.left, y, { lineBreak: false, continued });
        else doc.text(run.text, { lineBreak: false, continued });
      }
    }
    doc.end();
    await this.#ended;
    return Buffer.concat(this.#chunks);
  }
}
