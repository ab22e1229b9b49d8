// How the one file reaches the program that loads it. `root` is the global object; `make` makes the module, whose first
// `kept` names are those that the first generation made globals of.
(function (root, kept, make) {
  var api = make();
  // A page may have a global of this name, which is not what CommonJS has.
  if (typeof module === "object" && module && module.exports && root.module !== module) {
    module.exports = api;
    return;
  }

  // Globals, whatever loads the file: programs of the first generation had nothing else. A newer name gives way to what the
  // page has under it, unless that comes from another copy of this file.
  var globals = Object.assign({}, api, { purecloud: api });
  var copy = root.purecloud && root.purecloud.noConflict ? Object.assign({ purecloud: root.purecloud }, root.purecloud) : {};
  var before = {};
  Object.keys(globals).forEach(function (name, index) {
    var had = Object.getOwnPropertyDescriptor(root, name);
    if (had && index >= kept && had.value !== copy[name]) return;
    before[name] = had;
    root[name] = globals[name];
  });
  Object.defineProperty(api, "noConflict", {
    value: function () {
      for (var name in before) {
        if (root[name] !== globals[name]) continue;
        if (before[name]) root[name] = before[name].value;
        else delete root[name];
      }
      return api;
    },
  });

  // An AMD loader gets the module, too. It names what it loads itself: RequireJS marks its scripts, others insert theirs, so
  // they are async. In a script of the page's own a module without a name would be taken for the next that is loaded.
  if (typeof define === "function" && define.amd) {
    var script = typeof document === "object" && document.currentScript;
    var own = script && !script.hasAttribute("data-requiremodule") && (!script.async || !!root.requirejs);
    var get = function () {
      return api;
    };
    if (own) define("purecloud-api", [], get);
    else define([], get);
  }
})
