// The forty things that docs/capabilities.md answers for, as data: T to M are the five teams whose
// needs the platform was measured against. A test whose name begins with an id shows that row.

export interface CapabilityRow {
  readonly id: string;
  readonly title: string;
  /** What has to be seen before the row counts as shown. */
  readonly worksWhen: string;
}

const row = (id: string, title: string, worksWhen: string): CapabilityRow => ({
  id,
  title,
  worksWhen,
});

/** The letters of the ids, each with the deployment it stands for. */
export const CAPABILITY_GROUPS = {
  T: 'Two servers behind a load balancer',
  S: 'A web app with its database, scaled over zones',
  D: 'Two regions with one database',
  B: 'Backups of a database and its uploads',
  M: 'An app with database and cache, delivered from git',
} as const;

export const CAPABILITY_ROWS: readonly CapabilityRow[] = [
  row('T1', 'servers updated one after the other', 'under load no request fails, and the second pod is untouched until the first has been ready for a while'),
  row('T2', 'no traffic to a server that is being replaced', 'a pod leaves the endpoints before it ends, and a request of five seconds that is under way is answered'),
  row('T3', 'waves over several clusters', 'the second wave begins when the first is verified; a failure in the first leaves the second as it was'),
  row('T4', 'only reviewed commits are released', 'a commit with too few approvals is held with the reason, and goes on when they are there'),
  row('T5', 'a server that hangs is restarted', 'a blocked event loop is restarted; a database that is away makes the app unready and restarts nothing'),
  row('T6', 'no secret in the repository', 'a scan of the rendered manifests and of the history finds no secret in plain text'),
  row('T7', 'one description, an environment each', 'rendering twice gives the same bytes; environments differ in declared values only'),
  row('S1', 'the whole system on one machine', 'one command leads from a fresh clone to a healthy /readyz, without credentials of any cloud'),
  row('S2', 'spread over zones and scaled by load', 'four pods on two zones are two and two; the autoscaler scales out; a release never resets what it set'),
  row('S3', 'a database that only the app reaches', 'the app reaches its database, its cache and DNS, and nothing else outside'),
  row('S4', 'one entry point that splits the traffic', 'over 10,000 requests the shares are within two points of the weights'),
  row('S5', 'logs that can be followed', 'each line is JSON with the release, the version, the id of the request and of its trace'),
  row('S6', 'passwords that change', 'a new Secret is a release, and the old password is accepted until that is over'),
  row('S7', 'HTTPS', 'plain HTTP is redirected by 308; a certificate without an issuer is refused when rendering'),
  row('S8', 'images that stay what they are', 'a tag that can be moved is refused, or resolved to a digest that the status names'),
  row('S9', 'from a commit to a verified release', 'a push is a recorded release within a known time'),
  row('S10', 'rates, errors and durations on a dashboard', 'the rules are accepted by promtool, and an alert fires in their unit test'),
  row('S11', 'an image that cannot be pulled', 'taken back as ImageUnavailable before the deadline, without a hot loop of writes'),
  row('D1', 'two regions, two zones in each', 'rendering two regions gives an entry and two pods on distinct zones in each; a region with one zone is refused'),
  row('D2', 'one migration for all regions', 'two regions that release at once migrate once; the other waits and skips'),
  row('D3', 'a database that has become slow', 'with 80 ms more per query the candidate fails its latency check and is taken back'),
  row('D4', 'no idle standby', 'the requests of both pods are within a tenth of each other'),
  row('D5', 'the loss of a region', 'the other region is released meanwhile, and the lost one is caught up with later'),
  row('D6', 'an operator that may do what it does, and no more', 'the verbs it used are the verbs it was granted, by the audit log'),
  row('B1', 'a daily copy of database and uploads', 'after a run there is a manifest with the checksum and size of each file; a set is seen only when complete'),
  row('B2', 'messages about backups', 'one message for one incident, and one when it is over'),
  row('B3', 'tickets about backups', 'a failure opens one ticket, repeats comment on it, a success closes it'),
  row('B4', 'copies that are known to restore', 'a drill tells rows, the sum of the ledger, checksums and time; a flipped byte fails it'),
  row('B5', 'copies kept for years', 'over 400 simulated days exactly the planned sets are kept, on the tiers they belong to'),
  row('B6', 'a copy at once, by hand', 'a run by hand takes the same lock; a second one beside it is refused'),
  row('B7', 'room for the copies', 'their size is a metric, and a run is refused when less than twice the last size is free'),
  row('M1', 'the loss of the cache or of the database', 'without the cache the app is slower and ready; without the database it is unready'),
  row('M2', 'each commit delivered', 'as S9, and a release that is overtaken is left in order'),
  row('M3', 'a bad version taken back', 'with errors beyond the limit all traffic is on the stable version within ten seconds, with the reason'),
  row('M4', 'the history of releases in git', 'git lists every release with outcome, actor and digests, signed'),
  row('M5', 'all of the platform as code', 'what the API server accepts is what the types say, both ways'),
  row('M6', 'staging before production', 'production stays on its version until staging has been verified for the soak time'),
  row('M7', 'changes of the platform as pull requests', 'one comment on the pull request shows the difference and the verdict on migrations'),
  row('M8', 'client and server released together', 'a rollback of the server takes back the client when they are declared as coupled'),
  row('M9', 'pull requests that revert', 'a failed release opens one pull request whose tree is the last good one'),
];
