// What operators must not have told each other. Each changes the list of all that was told in a good run; `sign(operator, statement)` makes a new one.
import { kind, outcome } from '../abi.mjs';
import { word } from '../edit.mjs';
import { sets } from '../seal.mjs';

const of = (told, which) => told.find((one) => one.kind === which);
const [first] = sets.first.list;

export const mutations = [
  { law: 'S8', rule: 'told', name: 'an operator tells of two votes', told: async (told, sign) => { told.push(await sign(first, { ...of(told, kind.VOTE_NEW), evidence: word })); } },
  { law: 'S8', rule: 'told', name: 'an operator tells of another switch than the chain has', told: async (told, sign) => {
    const twisted = await sign(first, { ...of(told, kind.SWITCH), evidence: word });
    told.splice(0, told.length, twisted);
  } },
  { law: 'S2', rule: 'told', name: 'an operator tells of OLD where home decided NEW', told: async (told, sign) => {
    const last = sets.first.list.at(-1), sample = of(told, kind.OUTCOME);
    told.splice(0, told.length, await sign(last, { ...sample, outcome: outcome.OLD }));
  } },
  { law: 'S2', rule: 'told', name: 'an operator tells of the outcome of an epoch that is not decided', told: async (told, sign) => {
    told.push(await sign(first, { ...of(told, kind.OUTCOME), epoch: '2' }));
  } },
  { law: 'S7', rule: 'told', name: 'an operator votes on a plan that was never armed', told: async (told, sign) => {
    told.push(await sign(first, { ...of(told, kind.VOTE_NEW), epoch: '2', plan: word }));
  } },
  { law: 'history', rule: 'told', name: 'a signature with one bit changed', told: (told) => {
    const { signature } = told[0];
    told[0].signature = `${signature.slice(0, 10)}${signature[10] === '0' ? '1' : '0'}${signature.slice(11)}`;
  } },
  { law: 'history', rule: 'told', name: 'a statement of another under one\'s own name', told: (told) => { told[0].signer = sets.first.list.find((one) => one !== told[0].signer); } },
  { law: 'history', rule: 'told', name: 'a statement of nobody\'s', told: async (told, sign) => { told.push(await sign(sets.second.list[0], of(told, kind.VOTE_NEW))); } },
  { law: 'history', rule: 'told', name: 'a statement of an unknown kind', told: (told) => { told[0].kind = null; } },
];

export const variants = [
  { name: 'one operator is known to lie and tells of two votes', dishonest: [first], told: async (told, sign) => { told.push(await sign(first, { ...of(told, kind.VOTE_NEW), evidence: word })); } },
  { name: 'an operator halts without a plan', told: async (told, sign) => { told.push(await sign(first, { ...of(told, kind.VOTE_NEW), kind: kind.HALT_NOW, epoch: '0', plan: word })); } },
];
