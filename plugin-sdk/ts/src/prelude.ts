/**
 * What has to be in place before any other module runs: promises that a call can wait for, and random numbers that are not
 * those of the build. The build puts it first.
 */

import { installPromise } from "./globals/promise.ts";
import { installRandom } from "./globals/random.ts";

installPromise();
installRandom();
