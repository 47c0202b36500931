// Markup as tagged templates; everything interpolated is text, so nothing a chain says can become markup.
import htm from 'htm';
import { h } from 'preact';

export const html = htm.bind(h);
