//! The problems in Chinese. What a parser, a compiler or the plugin says, and hints of a build tool, stay in English.

use super::{LoadProblem, listed};
use crate::{
    codes::{Text, both},
    telemetry::chain,
};

impl LoadProblem {
    /// The problem in both languages, with its causes.
    pub fn text(&self) -> Text {
        both(chain(self), self.chinese())
    }

    fn chinese(&self) -> String {
        match self {
            Self::TooLarge { bytes, bytes_max } => {
                format!("文件有 {bytes} 字节，上限为 {bytes_max}：请以 release 模式构建，并去除调试信息（strip）")
            }
            Self::Empty => "文件为空；可能仍在复制：请先复制为其他名称，再重命名".to_owned(),
            Self::NotWasm => "不是 WebAssembly 文件：开头不是 .wasm 文件的字节".to_owned(),
            Self::Damaged { offset, message } => {
                format!("文件在第 {offset} 字节处损坏（{message}）；可能仍在复制：请先复制为其他名称，再重命名")
            }
            Self::BeyondParser { offset, message } => {
                format!("文件在第 {offset} 字节处超出组件格式的限制：{message}")
            }
            Self::CoreModule { hint } => format!("这是核心模块，不是组件：{hint}"),
            Self::WrongWorld { wanted, hint } => format!("这是组件，但不是插件：没有导出 {wanted}；{hint}"),
            Self::OtherVersion { found, wanted, hint } => {
                format!("这是其他接口版本的插件：它导出 {found}，而本服务调用 {wanted}；{hint}")
            }
            Self::Imports { imports, hint } => format!("组件导入了插件没有的接口 {}；{hint}", listed(imports)),
            Self::Interface(_) => "这是其他接口版本的插件，类型不同；请用本服务的 SDK 重新构建（在项目中运行 \
                                   `lark-callback plugin new --update-sdk` 可更换 SDK），若插件较新则升级服务"
                .to_owned(),
            Self::Asynchronous(said) => {
                format!("组件含有插件不支持的异步函数；使用 `componentize-qjs` 时请加上 `--sync`：{said}")
            }
            Self::Compile(said) => format!("组件无法编译；可能用到本服务不支持的 WebAssembly 特性：{said}"),
            Self::TooMany { what, count, count_max } => {
                format!("组件过大：{count}（{what}），上限为 {count_max}")
            }
            Self::CompileTime { what, value, setting } => format!(
                "编译超过上限 {value}（{what}）；通常的插件只需几秒。若信任该插件，请调高 CALLBACK_COMPILE_SECONDS_MAX（当前为 {setting}）"
            ),
            Self::CompileMemory { value } => format!(
                "编译占用的内存超过 {value} 字节；通常的插件只需其十分之一。若信任该插件，请调高 CALLBACK_COMPILE_BYTES_MAX（当前为 \
                 {value}）"
            ),
            Self::TooMuchCode { bytes_max } => format!("机器码超过 {bytes_max} 字节；请去除不需要的部分"),
            Self::CompilerKilled => "编译进程被终止，很可能是本机或容器内存不足；将重试".to_owned(),
            Self::CompilerCrashed { status, said } => {
                format!("编译器在处理该组件时崩溃（{status}）；请连同文件一起报告：{said}")
            }
            Self::NoCompiler(error) => format!("无法启动编译进程；将重试（是否限制了进程数或内存？）：{error}"),
            Self::Mismatch(_) => {
                "编译后的代码与本服务不匹配；是否在运行期间替换了服务的程序文件？请重启服务".to_owned()
            }
            Self::TooDemanding(_) => "组件的初始内存或表超过插件的上限；请以更小的值构建".to_owned(),
            Self::Crashed => "服务在加载该组件时出错；请连同文件一起报告".to_owned(),
            Self::Describe(error) => {
                format!(
                    "`describe` 失败；描述自身时插件没有配置、键值数据和时钟：{}",
                    chain(error)
                )
            }
            Self::Description(error) => format!("插件的描述有误：{}", chain(error)),
            Self::Schedule { file, reason } => format!("定时任务有误，请修改旁边的 {file}：{reason}"),
            Self::ConfigTypes { file, mistaken } => {
                format!("配置不符合要求，请修改旁边的 {file}：{}", joined_zh(mistaken))
            }
            Self::Wants { file, missing, .. } => {
                format!(
                    "插件需要尚未授予的权限或配置，请在旁边的 {file} 中加入：{}",
                    joined_zh(missing)
                )
            }
        }
    }
}

fn joined_zh(texts: &[Text]) -> String {
    texts.iter().map(Text::zh).collect::<Vec<_>>().join("；")
}
