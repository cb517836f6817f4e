/** Small DOCX, PPTX and XLSX files for tests, from the XML of their parts. */
import { strToU8, zipSync, type Zippable } from 'fflate';

const relations = (items: [id: string, type: string, target: string][]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items
    .map(
      ([id, type, target]) =>
        `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`;

const core = (facts: { title?: string; creator?: string; modified?: string }): string =>
  `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>${facts.title ?? ''}</dc:title><dc:creator>${facts.creator ?? ''}</dc:creator><dcterms:modified>${facts.modified ?? ''}</dcterms:modified></cp:coreProperties>`;

export interface OfficeFacts {
  title?: string;
  creator?: string;
  modified?: string;
}

/** Packs parts by name; texts and bytes. Small ones are stored as they are, so that damage reaches their XML. */
export function zipFile(parts: Record<string, string | Uint8Array>): Buffer {
  const files: Zippable = {};
  for (const [name, part] of Object.entries(parts)) files[name] = typeof part === 'string' ? strToU8(part) : part;
  const size = Object.values(parts).reduce((sum, part) => sum + part.length, 0);
  return Buffer.from(zipSync(files, { level: size < 100_000 ? 0 : 6 }));
}

function officeFile(main: string, facts: OfficeFacts, parts: Record<string, string>): Buffer {
  return zipFile({
    '_rels/.rels': relations([
      ['rId1', 'officeDocument', main],
      ['rId2', 'metadata/core-properties', 'docProps/core.xml'],
    ]),
    'docProps/core.xml': core(facts),
    ...parts,
  });
}

const w =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"';

/** @param body what stands in `<w:body>` */
export function docxFile(body: string, more: { facts?: OfficeFacts; footnotes?: string; numbering?: string } = {}): Buffer {
  const style = (id: string, name: string): string => `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/></w:style>`;
  return officeFile('word/document.xml', more.facts ?? {}, {
    'word/document.xml': `<w:document ${w}><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': `<w:styles ${w}>${style('Title', 'Title')}${style('H1', 'heading 1')}${style('H2', 'heading 2')}${style('TOC1', 'toc 1')}</w:styles>`,
    'word/footnotes.xml': `<w:footnotes ${w}>${more.footnotes ?? ''}</w:footnotes>`,
    'word/numbering.xml': `<w:numbering ${w}>${more.numbering ?? ''}</w:numbering>`,
    'word/_rels/document.xml.rels': relations([
      ['r1', 'styles', 'styles.xml'],
      ['r2', 'footnotes', 'footnotes.xml'],
      ['r3', 'numbering', 'numbering.xml'],
    ]),
  });
}

/** A paragraph of a DOCX; `text` may be runs of its own. */
export function docxParagraph(text: string, properties = ''): string {
  const runs = text.startsWith('<') ? text : `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
  return `<w:p><w:pPr>${properties}</w:pPr>${runs}</w:p>`;
}

export function docxTable(rows: string[][], header = false): string {
  return `<w:tbl>${rows
    .map(
      (row, i) =>
        `<w:tr>${header && i === 0 ? '<w:trPr><w:tblHeader/></w:trPr>' : ''}${row.map((cell) => `<w:tc>${cell.startsWith('<') ? cell : docxParagraph(cell)}</w:tc>`).join('')}</w:tr>`,
    )
    .join('')}</w:tbl>`;
}

const p =
  'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';

/** @param slides `shapes` is what stands in each slide's tree of shapes */
export function pptxFile(slides: { shapes: string; notes?: string; hidden?: boolean }[], facts: OfficeFacts = {}): Buffer {
  const parts: Record<string, string> = {
    'ppt/presentation.xml': `<p:presentation ${p}><p:sldIdLst>${slides.map((_, i) => `<p:sldId id="${256 + i}" r:id="r${i + 1}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(slides.map((_, i) => [`r${i + 1}`, 'slide', `slides/slide${i + 1}.xml`])),
  };
  for (const [i, slide] of slides.entries()) {
    parts[`ppt/slides/slide${i + 1}.xml`] =
      `<p:sld ${p}${slide.hidden ? ' show="0"' : ''}><p:cSld><p:spTree>${slide.shapes}</p:spTree></p:cSld></p:sld>`;
    if (slide.notes === undefined) continue;
    parts[`ppt/slides/_rels/slide${i + 1}.xml.rels`] = relations([['r1', 'notesSlide', `../notesSlides/notesSlide${i + 1}.xml`]]);
    parts[`ppt/notesSlides/notesSlide${i + 1}.xml`] =
      `<p:notes ${p}><p:cSld><p:spTree>${pptxShape([slide.notes], 'body')}${pptxShape(['7'], 'sldNum')}</p:spTree></p:cSld></p:notes>`;
  }
  return officeFile('ppt/presentation.xml', facts, parts);
}

/** @param placeholder its kind; none for a free text box */
export function pptxShape(lines: string[], placeholder?: string): string {
  const place = placeholder === undefined ? '' : `<p:nvSpPr><p:nvPr><p:ph type="${placeholder}"/></p:nvPr></p:nvSpPr>`;
  return `<p:sp>${place}<p:txBody>${lines.map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`).join('')}</p:txBody></p:sp>`;
}

export interface XlsxSheet {
  name: string;
  /** What stands in `<worksheet>`. */
  xml: string;
  state?: 'hidden' | 'veryHidden';
}

/** @param styles what stands in `<styleSheet>` */
export function xlsxFile(
  sheets: XlsxSheet[],
  more: { strings?: string[]; styles?: string; facts?: OfficeFacts; workbook?: string } = {},
): Buffer {
  const main =
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
  return officeFile('xl/workbook.xml', more.facts ?? {}, {
    'xl/workbook.xml': `<workbook ${main}>${more.workbook ?? ''}<sheets>${sheets.map(({ name, state }, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="r${i + 1}"${state ? ` state="${state}"` : ''}/>`).join('')}</sheets></workbook>`,
    ...Object.fromEntries(sheets.map(({ xml }, i) => [`xl/worksheets/sheet${i + 1}.xml`, `<worksheet ${main}>${xml}</worksheet>`])),
    'xl/sharedStrings.xml': `<sst ${main}>${(more.strings ?? []).map((text) => `<si><t>${text}</t></si>`).join('')}</sst>`,
    'xl/styles.xml': `<styleSheet ${main}>${more.styles ?? ''}</styleSheet>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...sheets.map((_, i): [string, string, string] => [`r${i + 1}`, 'worksheet', `worksheets/sheet${i + 1}.xml`]),
      ['s1', 'sharedStrings', 'sharedStrings.xml'],
      ['s2', 'styles', 'styles.xml'],
    ]),
  });
}

/** Rows of a sheet: words as inline strings, numbers as such, `null` for an empty cell. */
export function xlsxRows(rows: (string | number | null)[][]): string {
  return `<sheetData>${rows
    .map(
      (row, r) =>
        `<row r="${r + 1}">${row
          .map((value, c) => {
            const place = `${String.fromCharCode(65 + c)}${r + 1}`;
            if (value === null) return '';
            return typeof value === 'number'
              ? `<c r="${place}"><v>${value}</v></c>`
              : `<c r="${place}" t="inlineStr"><is><t>${value}</t></is></c>`;
          })
          .join('')}</row>`,
    )
    .join('')}</sheetData>`;
}
