// Property tests draw the same examples in every run, so that a run says something about the code and
// not about luck. `FC_SEED=n npm run test:unit` draws others.
import { configureGlobal } from 'fast-check';

configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_121) });
