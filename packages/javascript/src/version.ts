/** The version of the package; the generator writes the real one here. */
export const VERSION = "0.0.0";
