// The parts that are there before an outage: a browser never asks again for a module that did not load.

import './merge.js';
import './previews.js';
import './components/states.js';
import './components/notices.js';
import './components/past-banner.js';
import './components/plan-dialog.js';
import './components/activity-table.js';
import './components/help.js';
import './views/nothing-found.js';
import './views/new-value.js';
import './since.js';
import './earlier.js';
import './api/reads.js';
import './curl.js';
import './clipboard.js';
import './views/sign-in.js';
import { stylesheet } from './styles.js';

stylesheet('css/sign-in.css');
