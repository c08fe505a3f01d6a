// Whether the page is as narrow as a phone.

import { useEffect, useState } from '../preact.js';

const query = matchMedia('(max-width: 720px)');

export function useNarrow() {
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const update = () => setNarrow(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  return narrow;
}
