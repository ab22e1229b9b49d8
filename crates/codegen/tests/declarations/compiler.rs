//! A project on disk that has the package installed, and the TypeScript compiler of the runtime's development tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use purecloud_codegen::File;

/// The folder of the JavaScript runtime.
pub(crate) fn runtime() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages/javascript")
}

/// A folder with `node_modules/purecloud` in it.
pub(crate) struct Project {
    folder: PathBuf,
}

impl Project {
    /// Installs `files` with the parts of a `package.json` that lead to declarations.
    pub(crate) fn new(name: &str, files: &[File]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("declarations").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        let project = Self { folder };
        for file in files {
            project.write(
                &format!("node_modules/purecloud/{}", file.path),
                std::str::from_utf8(&file.bytes).unwrap(),
            );
        }
        project.write("node_modules/purecloud/package.json", include_str!("package.json"));
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Compiles every file of the package.
    pub(crate) fn check_package(&self, options: &str) {
        self.check(
            &format!(r#""module": "nodenext", {options}"#),
            r#""include": ["node_modules/purecloud/types"], "exclude": []"#,
        );
    }

    /// Compiles what `files` says, strictly and with all libraries checked, and shows the compiler's complaints.
    #[track_caller]
    pub(crate) fn check(&self, options: &str, files: &str) {
        let types = if options.contains(r#""types""#) { "" } else { r#""types": [],"# };
        self.write(
            "tsconfig.json",
            &format!(
                r#"{{ "compilerOptions": {{ "strict": true, "skipLibCheck": false, "noEmit": true, "target": "es2022", {types}
                {options} }}, {files} }}"#
            ),
        );
        let compiler = runtime().join("node_modules/typescript/bin/tsc");
        assert!(
            compiler.exists(),
            "the TypeScript compiler is not installed; run `cargo xtask test`, or `npm ci` in packages/javascript"
        );
        let output = Command::new("node")
            .arg(compiler)
            .args(["--project", "."])
            .current_dir(&self.folder)
            .output()
            .expect("Node is installed, as for every test of JavaScript");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{options}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    }
}
