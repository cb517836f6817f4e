/**
 * English words that questions and pages use for the same thing: who "wrote" a book whose "author" is named. Only everyday
 * ones that hold in any company's documents; they count for less than the word itself.
 */
import { stemOf } from '../search/languages.ts';

const groups = `film filmed movie shoot shot photography
sing sang sung singer vocals performed recorded song
write wrote written author authored
play played portrayed role actor actress cast starring
start begin began begun founded established launched opened introduced
end finish closed concluded
originate derive derived coined etymology came comes
mean meaning refers defined definition denotes signifies
cause caused because due resulted reason led
difference differs unlike whereas contrast distinguished
died death dead killed
win won winner champion victory
make made produced manufactured created
build built constructed construction
live lived reside residence
marry married marriage wife husband wedding spouse
buy purchase purchased acquire
pay paid salary wage compensation cost price fee charge
vacation holiday leave absence
boss manager supervisor
old age aged
purpose goal aim
find found located location situated
use used usage
happen happened occurred
job role position
rule law regulation policy
help assist support
need require required must
get receive obtain
change modify update altered
type kind form
country nation
money funds budget
company business firm
child children kids
laptop computer
phone telephone mobile`;

const kin = new Map<string, Set<string>>();
for (const line of groups.split('\n')) {
  const stems = new Set(line.split(' ').map((word) => stemOf(word, 'en')));
  for (const stem of stems) kin.set(stem, new Set([...(kin.get(stem) ?? []), ...stems].filter((other) => other !== stem)));
}

const none = new Set<string>();

/** Stems of the words that mean nearly what the stem's does; empty for most, and for other languages than English. */
export function kinOf(stem: string, language: string): Set<string> {
  return language === 'en' ? (kin.get(stem) ?? none) : none;
}
