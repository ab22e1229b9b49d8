// How the one file reaches the program that loads it: the third generation's way.
(function (root, make) {
  var api = make();
  // A page may have a global of this name, which is not what CommonJS has.
  if (typeof module === "object" && module && module.exports && root.module !== module) {
    module.exports = api;
    return;
  }
  var get = function () {
    return api;
  };
  var hasLoader = typeof define === "function" && define.amd;
  // RequireJS marks the scripts that it loads, other loaders insert theirs, so they are async.
  var script = typeof document === "object" && document.currentScript;
  var own = script && !script.hasAttribute("data-requiremodule") && (!script.async || !!root.requirejs);
  if (hasLoader && !own) {
    define([], get);
    return;
  }
  if (hasLoader) define("platformClient", [], get);
  // In a page, `require("platformClient")` gives the module; other names go to what the page had as `require`.
  var before = root.require;
  root.require = Object.assign(function (name) {
    if (name === "platformClient") return api;
    if (typeof before === "function") return before.apply(this, arguments);
    throw new Error("there is no module " + name + " on this page");
  }, before);
})
