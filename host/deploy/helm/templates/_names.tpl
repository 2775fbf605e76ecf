{{/* Names and labels, and what must not be. */}}

{{- define "lark-callback.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "lark-callback.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "lark-callback.labels" -}}
{{ include "lark-callback.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "lark-callback.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "lark-callback.check" -}}
{{- if not .Values.existingSecret -}}
{{- fail "existingSecret is not set: make a secret with LARK_APP_SECRET, LARK_VERIFICATION_TOKEN, LARK_ENCRYPT_KEY and CALLBACK_ADMIN_TOKEN (kubectl create secret generic NAME --from-env-file=.env), and name it" -}}
{{- end -}}
{{- if and (eq .Values.database.kind "sqlite") (gt (int .Values.replicaCount) 1) -}}
{{- fail "database.kind is sqlite and replicaCount is more than 1: several servers cannot share a SQLite file. Set database.kind to postgres, with DATABASE_URL in the secret, or replicaCount to 1" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled is true and ingress.host is not set: name the host that Lark reaches" -}}
{{- end -}}
{{- $own := list "CALLBACK_SERVER_ENABLED" "CALLBACK_SERVER_HOST" "CALLBACK_SERVER_PORT" "CALLBACK_ADMIN" "CALLBACK_ADMIN_HOST" "CALLBACK_ADMIN_PORT" "CALLBACK_CACHE_DIR" "CALLBACK_PLUGINS_DIR" "TOKEN_DB_PATH" -}}
{{- range $name, $_ := .Values.settings -}}
{{- if has $name $own -}}
{{- fail (printf "settings.%s: the chart sets this itself" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
