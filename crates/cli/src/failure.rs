//! Why a command failed, and the exit code that says so to a script.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use purecloud_codegen::CodegenError;
use purecloud_codegen::write::WriteError;
use purecloud_definition::DefinitionError;
use purecloud_emulator::{EmulatorError, TlsError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The definition cannot be used; the text lists every problem with its place.
    #[error("{0}")]
    Definition(#[from] DefinitionError),
    /// Something of the definition would be left out, and that is not wanted.
    #[error(
        "{count} {things} of the definition {are} not supported, see the warnings; without --strict {they} left out",
        things = if *count == 1 { "part" } else { "parts" },
        are = if *count == 1 { "is" } else { "are" },
        they = if *count == 1 { "it is" } else { "they are" }
    )]
    LeftOut {
        /// Their number.
        count: usize,
    },
    /// A product could not be made.
    #[error("{0}")]
    Codegen(#[from] CodegenError),
    /// A product could not be written to its folder.
    #[error("{0}")]
    Write(#[from] WriteError),
    /// The emulator did not start.
    #[error("{0}")]
    Emulator(#[from] EmulatorError),
    /// The certificate authority cannot be used for TLS.
    #[error("{path}: {source}", path = path.display())]
    Authority {
        /// The file of its certificate.
        path: PathBuf,
        /// Its problem.
        source: TlsError,
    },
    /// One of two files that belong together is missing.
    #[error("{missing} is missing, while {present} is there; restore it, or remove the other so that both are created \
         again",
        missing = missing.display(), present = present.display())]
    Half {
        /// The missing file.
        missing: PathBuf,
        /// The other file.
        present: PathBuf,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// A program that the command needs is not installed.
    #[error("{program} could not be started ({source}); install it (version 20 or later) and try again")]
    Missing {
        /// Such as `node`.
        program: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// The system refused something that a command cannot do without.
    #[error("{doing}: {source}")]
    System {
        /// The action that failed.
        doing: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// An example of the demonstration did not do what it says.
    #[error("{example} ended with {outcome}; nothing else of the demonstration was run")]
    Example {
        /// Its name.
        example: &'static str,
        /// Its exit status.
        outcome: String,
    },
}

impl Failure {
    /// 3 for a definition, 4 for files, 5 for a missing program, else 1. Wrong arguments are 2, by clap.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Definition(_) | Self::Codegen(_) | Self::LeftOut { .. } => 3,
            Self::File { .. }
            | Self::Write(_)
            | Self::Authority { .. }
            | Self::Half { .. }
            | Self::Output(_) => 4,
            Self::Missing { .. } => 5,
            Self::Emulator(_) | Self::System { .. } | Self::Example { .. } => 1,
        })
    }

    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
