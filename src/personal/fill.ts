/** Texts of content/ for staff, with their gaps filled: for whatever is written to them. Pure. */

/** The schema holds that there are no other gaps. */
export const fill = (text: string, values: Readonly<Record<string, string>>) =>
  text.replace(/\{(\w+)\}/g, (_, gap) => values[gap] ?? '')
