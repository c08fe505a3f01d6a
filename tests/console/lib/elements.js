// The parts of the console by the names that users and screen readers know them by.

export const grid = (page) => page.getByRole('grid', { name: 'Values' });
/** The rows with values, without the head. */
export const rows = (page) => grid(page).getByRole('row').filter({ has: page.getByRole('gridcell') });
/** A link with exactly this text in the grid. */
export const rowOf = (page, name) => rows(page).filter({ has: page.getByRole('link', { name, exact: true }) });
export const tree = (page) => page.getByRole('tree', { name: 'Names' });
export const folder = (page, name) => tree(page).getByRole('treeitem').filter({ has: page.getByText(name, { exact: true }) });
export const search = (page) => page.getByRole('searchbox', { name: 'Search names' });
export const slider = (page) => page.getByRole('slider', { name: 'Point in time' });
export const timeBar = (page) => page.getByRole('region', { name: 'Time' });
export const status = (page) => page.getByRole('status');
export const alert = (page) => page.getByRole('alert');
export const dialog = (page) => page.getByRole('dialog');
export const feed = (page) => page.getByRole('feed', { name: 'Changes' });
export const button = (within, name) => within.getByRole('button', { name, exact: typeof name === 'string' });
export const field = (within, label) => within.getByLabel(label, { exact: true });

/** The section of the header that leads to a view. */
export const section = (page, name) => page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name });
