//! Outcomes of callbacks whose remedy is another than that of an event: nothing calls a plugin with a callback again.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "callback-outcome",
    title: [
        "Outcomes of callbacks (clicks, link previews)",
        "回调（点击、链接预览）的处理结果",
    ],
    link: "commands.md",
    entries: entries! {
        "retry";
            en "the plugin failed, or asked for a retry, while somebody waited for its answer; the user saw an error" => "correct what the error names and have the user try again: a callback is not retried and leaves no dead letter; work that must succeed belongs in a task of the plugin";
            zh "用户等待应答时插件失败或要求重试；用户看到了错误提示" => "按错误信息修正后请用户再操作一次：回调不会重试，也不会进入死信；必须成功的工作应放进插件的任务";
        "permanent";
            en "the plugin reported a failure while somebody waited for its answer; the user saw an error" => "correct what the error names and have the user try again: a callback is not retried and leaves no dead letter";
            zh "用户等待应答时插件报告失败；用户看到了错误提示" => "按错误信息修正后请用户再操作一次：回调不会重试，也不会进入死信";
    },
};
