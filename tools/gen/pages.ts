// All pages of docs that are made from code.
import { capabilitiesPage } from './capabilities-page.ts';
import { cliPage } from './cli-page.ts';
import { appReleasePage, releaseActionPage } from './kind-pages.ts';
import type { Page } from './markdown.ts';
import { reasonsPage } from './reasons-page.ts';
import { statusPage } from './status-page.ts';

export function pages(): Page[] {
  return [
    appReleasePage(),
    releaseActionPage(),
    statusPage(),
    reasonsPage(),
    cliPage(),
    capabilitiesPage(),
  ];
}
