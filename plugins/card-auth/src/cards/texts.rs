//! Every text of the cards and toasts, in simplified and traditional Chinese and in English.

use super::Text;

macro_rules! texts {
    ($($name:ident: $simplified:literal, $traditional:literal, $english:literal;)*) => {
        $(pub(crate) const $name: Text = Text {
            simplified: $simplified,
            traditional: $traditional,
            english: $english,
        };)*
    };
}

texts! {
    UNKNOWN_SESSION:
        "找不到该授权请求，请重新发起",
        "找不到該授權請求，請重新發起",
        "Session not found; please ask for a new card";
    OTHER_USER:
        "此卡片属于其他用户",
        "此卡片屬於其他使用者",
        "This card is for another user";
    NOBODY:
        "无法确认您的身份，请重试",
        "無法確認您的身分，請重試",
        "We cannot tell who you are; please try again";
    IN_PROGRESS:
        "授权正在处理中",
        "授權正在處理中",
        "The authorization is in progress";
    COMPLETED:
        "授权已完成，无需重复操作",
        "授權已完成，無需重複操作",
        "You've already authorized this";
    REJECTED:
        "授权已取消，请重新发起",
        "授權已取消，請重新發起",
        "Already cancelled; please ask for a new card";
    EXPIRED:
        "授权已过期，请重新发起",
        "授權已過期，請重新發起",
        "The request has expired; please ask for a new card";
    FAILED:
        "授权未成功，请重新发起",
        "授權未成功，請重新發起",
        "The authorization failed; please ask for a new card";
    SUPERSEDED:
        "已有新的授权请求，请使用最新的卡片",
        "已有新的授權請求，請使用最新的卡片",
        "A newer card has replaced this one; please use that one";
    UNKNOWN_ACTION:
        "无法识别的操作",
        "無法識別的操作",
        "Unknown action";
    TOO_MANY:
        "操作过于频繁，请稍后再试",
        "操作過於頻繁，請稍後再試",
        "Too many requests; please try again later";
    NOT_CONFIGURED:
        "授权功能尚未配置，请联系管理员",
        "授權功能尚未設定，請聯絡管理員",
        "Authorization isn't set up; please contact your administrator";
    CANCELLED:
        "已取消授权",
        "已取消授權",
        "Authorization cancelled";
    OPEN_LINK:
        "请点击链接完成授权",
        "請點擊連結完成授權",
        "Open the link to finish";
    NEW_CARD:
        "正在发送新的授权卡片",
        "正在傳送新的授權卡片",
        "A new card is on its way";

    REQUEST_TITLE:
        "用户授权请求",
        "使用者授權請求",
        "Authorization request";
    REQUEST_BODY:
        "应用希望在获得您的同意后，以您的身份进行操作。",
        "應用程式希望在取得您的同意後，以您的身分進行操作。",
        "With your consent, the application can act on your behalf.";
    SCOPES:
        "权限：",
        "權限：",
        "Permissions: ";
    VALID:
        "10 分钟内有效，仅限您本人操作。",
        "10 分鐘內有效，僅限您本人操作。",
        "Valid for 10 minutes, for you only.";
    AUTHORIZE:
        "授权",
        "授權",
        "Authorize";
    CANCEL:
        "取消",
        "取消",
        "Cancel";
    LINK_TITLE:
        "完成授权",
        "完成授權",
        "Finish the authorization";
    LINK_BODY:
        "请在打开的页面中确认授权。",
        "請在開啟的頁面中確認授權。",
        "Please confirm on the page that opens.";
    GO:
        "前往授权",
        "前往授權",
        "Open the page";
    AGAIN:
        "重新授权",
        "重新授權",
        "Start again";

    COMPLETED_TITLE:
        "授权成功",
        "授權成功",
        "Authorized";
    COMPLETED_BODY:
        "应用现在可以以您的身份进行操作。",
        "應用程式現在可以以您的身分進行操作。",
        "The application can now act on your behalf.";
    COMPLETED_BY:
        "授权人：",
        "授權人：",
        "Authorized by: ";
    CANCELLED_BODY:
        "您已取消本次授权，应用未获得任何权限。",
        "您已取消本次授權，應用程式未獲得任何權限。",
        "You declined. The application was not given any access.";
    EXPIRED_TITLE:
        "授权已过期",
        "授權已過期",
        "Request expired";
    EXPIRED_BODY:
        "本次授权请求已过期。",
        "本次授權請求已過期。",
        "This request has expired.";
    SUPERSEDED_TITLE:
        "授权请求已更新",
        "授權請求已更新",
        "Request replaced";
    SUPERSEDED_BODY:
        "本次授权未完成，请使用最新的授权卡片。",
        "本次授權未完成，請使用最新的授權卡片。",
        "This request was not completed. Please use the newest card.";
    FAILED_TITLE:
        "授权未成功",
        "授權未成功",
        "Authorization failed";
    FAILED_BODY:
        "授权未能完成，应用未获得任何权限。",
        "授權未能完成，應用程式未獲得任何權限。",
        "The authorization was not completed. The application was not given any access.";
    WRONG_PERSON_BODY:
        "完成授权的账号与收到此卡片的账号不同，未保存任何授权。",
        "完成授權的帳號與收到此卡片的帳號不同，未儲存任何授權。",
        "A different account was used than the one this card was sent to, so nothing was saved.";
    NOT_ALLOWED_BODY:
        "您没有使用此应用的权限，请联系管理员。",
        "您沒有使用此應用程式的權限，請聯絡管理員。",
        "You don't have permission to use this application. Please contact your administrator.";
}
