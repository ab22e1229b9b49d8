// Settings from outside of a program, written by hand.

import type { SessionOptions } from "./session.js";

/** Where settings come from. */
export interface ConfigSource {
  /**
   * The file; `false` for none. A file that is named must be there. Default: `PURECLOUD_CONFIG`, else `.purecloud/config`
   * in the home folder, if it is there.
   */
  readonly file?: string | false | undefined;
  /**
   * The section of the file. One that is named must be there. Default: `PURECLOUD_PROFILE`, else `default`, if it is
   * there.
   */
  readonly profile?: string | undefined;
}

/**
 * The options of a session: those of `options`, then what the variables of the environment say (`PURECLOUD_CLIENT_ID`),
 * then the settings of a section of the file (`client_id = …`). In Node.
 *
 * Throws a `PureCloudError` with the code `config`, which names file and line, or the variable, and what to do. It repeats
 * no setting.
 */
export declare function loadConfig(options?: SessionOptions, source?: ConfigSource): SessionOptions;
